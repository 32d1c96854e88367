export { createFileLeaseStore } from './file-lease-store.ts';
export { createMemoryLeaseStore } from './lease-store.ts';
