/** Thrown by a fault that cuts the connection: the client gets no answer at all. */
export class DroppedConnection extends Error {
  override readonly name = 'DroppedConnection';
  /** As a socket says it. */
  readonly code = 'ECONNRESET';

  constructor() {
    super('The connection was cut by a fault.');
  }
}

export function isDroppedConnection(error: unknown): error is DroppedConnection {
  return error instanceof DroppedConnection;
}
