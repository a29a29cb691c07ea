import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { OperatorError } from './operator-error.ts';

/** The port is taken. The message is one line that names the port and the setting to change. */
export class PortInUseError extends OperatorError {
  override readonly name = 'PortInUseError';
  readonly port: number;

  constructor(port: number, setting: string) {
    super(`Port ${port} is already in use: set ${setting} to another one.`);
    this.port = port;
  }
}

/**
 * Starts to listen and returns the address. `setting` is the variable that chooses the port.
 * @throws PortInUseError, OperatorError when the host is not this machine's
 */
export async function listen(
  app: FastifyInstance,
  { host, port, setting = 'PORT' }: { readonly host: string; readonly port: number; readonly setting?: string },
): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw new PortInUseError(port, setting);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new OperatorError(`This machine has no address ${host}: set HOST to one that it has.`);
    throw error;
  }
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  const everywhere = address.address === '0.0.0.0' || address.address === '::';
  const name = everywhere ? 'localhost' : address.address;
  const scheme = app.server instanceof TlsServer ? 'https' : 'http';
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}
