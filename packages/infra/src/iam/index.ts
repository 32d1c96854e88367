export { anywhere, toLiteral, type Deployment, type Literal } from '../template/literal.ts';
export { roleKinds, roleStatements, type RoleKind, type RoleOptions } from './role.ts';
export { policyDocument, streamArn, type Statement } from './statement.ts';
