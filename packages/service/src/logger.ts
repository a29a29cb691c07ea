import { type DestinationStream, type Logger, pino, type SerializedError } from 'pino';

export type { Logger } from 'pino';

const secretNames = [
  'authorization',
  'cookie',
  'password',
  'newPassword',
  'currentPassword',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'email',
  'phone',
  'phoneNumber',
  'displayName',
  'handle',
  'senderName',
  'iban',
];

/** Pino matches paths level by level; these reach a secret in the logged object itself and two levels below. */
const redactedPaths = [
  ...secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  // Where PostgreSQL quotes the row that it refused, in an error of its driver and in one of Prisma.
  'err.detail',
  'err.meta.driverAdapterError.cause.detail',
];

/** Writes one JSON line per event to standard output, without secrets and personal data. */
export function createLogger(
  options: { readonly service: string; readonly level: string },
  destination?: DestinationStream,
): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: {
      err: (error: Error) =>
        withoutValues(pino.stdSerializers.err(error instanceof DOMException ? plain(error) : error)),
    },
  };
  return destination ? pino(settings, destination) : pino(settings);
}

/** Prisma shows all that a call was given when one part of it has the wrong type, whatever its `errorFormat`. */
const shownCall = /(Invalid `[^`]*` invocation[^{]*)\{[\s\S]*\n *\}\)?/;

function withoutValues(told: SerializedError): SerializedError {
  const { message, stack } = told;
  return Object.assign(told, {
    message: message.replace(shownCall, '$1[redacted]'),
    stack: stack.replace(shownCall, '$1[redacted]'),
  });
}

/** Of what timers and signals throw, pino would write the twenty-five constants that all of its kind inherit. */
function plain({ name, message, stack }: DOMException): Error {
  return Object.assign(new Error(message), { name, stack });
}
