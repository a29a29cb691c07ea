import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { Gauge, type Registry } from 'prom-client';

/** Something outside of a process that it works with. */
export interface Dependency {
  /** Without it the process can do none of its work, and is not ready. */
  readonly required: boolean;
  /** Rejects, or does not answer in time, when it cannot be used. What it resolves to, if anything, is shown. */
  readonly check: () => Promise<unknown>;
}

/** By the names under which they are shown. */
export type Dependencies = Readonly<Record<string, Dependency>>;

export const required = (check: Dependency['check']): Dependency => ({ required: true, check });
export const optional = (check: Dependency['check']): Dependency => ({ required: false, check });

export interface DependencyHealth {
  readonly status: 'up' | 'down';
  /** Why it is down: a code, such as `ECONNREFUSED` or `TIMEOUT`. The log has more. */
  readonly why?: string;
}

/**
 * What `/health/ready` answers: `ready` and `degraded`, when something is down that can be done without, with 200;
 * `unavailable` with 503.
 */
export interface Health {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly dependencies: Readonly<Record<string, DependencyHealth & Readonly<Record<string, unknown>>>>;
}

/** Time in ms that a dependency has to answer. */
const patienceMs = 2_000;

/**
 * `/health/live`: the process answers; whoever runs it starts it anew otherwise. `/health/ready`: whether to send it work, and
 * what is wrong with each of its dependencies. Public, so that of a fault it shows no more than a code.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  dependencies: () => Dependencies,
  logger: FastifyBaseLogger = app.log,
): void {
  app.get('/health/live', async () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const health = await healthOf(dependencies(), (error, dependency) =>
      logger.warn({ err: error, dependency }, 'a dependency is down'),
    );
    return reply.code(health.status === 'unavailable' ? 503 : 200).send(health);
  });
}

/** Measures, whenever somebody asks, which dependencies are up. */
export function measureDependencies(registry: Registry, dependencies: () => Dependencies): void {
  new Gauge({
    name: 'paygraph_dependency_up',
    help: '1 for what the process works with and reaches, 0 for what it does not reach.',
    labelNames: ['dependency'],
    registers: [registry],
    async collect() {
      const { dependencies: found } = await healthOf(dependencies());
      this.reset();
      for (const [dependency, { status }] of Object.entries(found)) this.set({ dependency }, status === 'up' ? 1 : 0);
    },
  });
}

async function healthOf(
  dependencies: Dependencies,
  onFault: (error: unknown, dependency: string) => void = () => {},
): Promise<Health> {
  const checked = await Promise.all(
    Object.entries(dependencies).map(async ([name, { check, required }]) => {
      try {
        return { name, required, health: { status: 'up' as const, ...detailsIn(await withinTime(check())) } };
      } catch (error) {
        onFault(error, name);
        return { name, required, health: { status: 'down' as const, why: codeOf(error) } };
      }
    }),
  );
  const down = checked.filter(({ health }) => health.status === 'down');
  return {
    status: down.length === 0 ? 'ready' : down.some((one) => one.required) ? 'unavailable' : 'degraded',
    dependencies: Object.fromEntries(checked.map(({ name, health }) => [name, health])),
  };
}

function detailsIn(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** Of an error no more than the code that it, or what caused it, carries: messages may name addresses and roles. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'FAILED';
  if ('code' in error && typeof error.code === 'string' && /^[A-Z0-9_]{1,40}$/.test(error.code)) return error.code;
  return error.cause === undefined ? 'FAILED' : codeOf(error.cause);
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = Object.assign(new Error(`no answer within ${patienceMs} ms`), { code: 'TIMEOUT' });
    timer = setTimeout(() => reject(error), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
