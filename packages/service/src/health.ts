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

/** With what it tells of itself. */
export type DependencyHealth = Readonly<Record<string, unknown>> & {
  readonly status: 'up' | 'down';
  /** Why it is down: a code, such as `ECONNREFUSED` or `TIMEOUT`. The log has more. */
  readonly why?: string;
};

/**
 * What `/health/ready` answers: `ready` and `degraded`, when something is down that can be done without, with 200;
 * `unavailable` with 503.
 */
export interface Health {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly dependencies: Readonly<Record<string, DependencyHealth>>;
}

/** Time in ms that a dependency has to answer. */
const patienceMs = 2_000;

/** Asks all of some dependencies how they are. */
export type HealthCheck = (dependencies: Dependencies) => Promise<Health>;

/**
 * How the dependencies of a process are, by their names. Each is asked once at a time, however many want to know, and the log
 * hears when one goes down or comes back.
 */
export function createHealthCheck(logger: FastifyBaseLogger): HealthCheck {
  const asked = new Map<string, Promise<DependencyHealth>>();
  const down = new Set<string>();
  const ask = async (dependency: string, check: Dependency['check']): Promise<DependencyHealth> => {
    try {
      const details = detailsIn(await withinTime(check()));
      if (down.delete(dependency)) logger.info({ dependency }, 'a dependency is up again');
      return { status: 'up', ...details };
    } catch (error) {
      if (!down.has(dependency)) logger.warn({ err: error, dependency }, 'a dependency is down');
      down.add(dependency);
      return { status: 'down', why: codeOf(error) };
    }
  };
  return async (dependencies) => {
    const checked = await Promise.all(
      Object.entries(dependencies).map(async ([name, { check, required }]) => {
        const asking = asked.get(name) ?? ask(name, check).finally(() => asked.delete(name));
        asked.set(name, asking);
        return { name, required, health: await asking };
      }),
    );
    const missing = checked.filter(({ health }) => health.status === 'down');
    return {
      status: missing.length === 0 ? 'ready' : missing.some((one) => one.required) ? 'unavailable' : 'degraded',
      dependencies: Object.fromEntries(checked.map(({ name, health }) => [name, health])),
    };
  };
}

/**
 * `/health/live`: the process answers; whoever runs it starts it anew otherwise. `/health/ready`: whether to send it work, and
 * what is wrong with each of its dependencies. Public, so that of a fault it shows no more than a code.
 */
export function addHealthRoutes(app: FastifyInstance, check: () => Promise<Health>): void {
  app.get('/health/live', async () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const health = await check();
    return reply.code(health.status === 'unavailable' ? 503 : 200).send(health);
  });
}

/** Measures, whenever somebody asks, which dependencies are up. */
export function measureDependencies(registry: Registry, check: () => Promise<Health>): void {
  new Gauge({
    name: 'paygraph_dependency_up',
    help: '1 for what the process works with and reaches, 0 for what it does not reach.',
    labelNames: ['dependency'],
    registers: [registry],
    async collect() {
      const { dependencies } = await check();
      this.reset();
      for (const [dependency, { status }] of Object.entries(dependencies))
        this.set({ dependency }, status === 'up' ? 1 : 0);
    },
  });
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
