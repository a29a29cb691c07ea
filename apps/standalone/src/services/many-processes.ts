import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectorTo, createLogger, OperatorError, type Tls, tlsFrom } from '@paygraph/service';
import { type Dispatcher, Pool } from 'undici';
import { until } from '../until.ts';
import {
  type Addresses,
  environmentOf,
  type Installation,
  type Service,
  schemeOf,
  servicesOf,
  tlsOf,
} from './environment.ts';
import type { Services } from './services.ts';

/** Services as processes of their own, which a test can kill and start again one by one. */
export interface ProcessServices extends Services {
  /** Ends a process at once, as a power cut would. */
  kill(service: Service): Promise<void>;
  /** Starts it again, on the same port with the same environment, and waits until it is ready. */
  restart(service: Service): Promise<void>;
  /** Has a process stand still: it neither answers nor refuses anybody until it goes on. */
  freeze(service: Service): void;
  goOn(service: Service): void;
}

export interface ProcessOptions {
  /** Called when a process ends that was ready and not told to end. */
  readonly onUnexpectedEnd?: (service: Service, code: number | null) => void;
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));
/** A machine with too much to do starts a process in a minute and more. */
const readyWithinMs = 180_000;
const stopWithinMs = 9_500;

/** Starts every service as a process of its own, all at once: each waits for nobody, and copes with peers that are not up yet. */
export async function startProcesses(
  installation: Installation,
  portOf: (service: Service) => number,
  { onUnexpectedEnd }: ProcessOptions = {},
): Promise<ProcessServices> {
  const addressOf = (service: Service) =>
    new URL(
      service === 'rails-sandbox' ? '/' : '/graphql',
      `${schemeOf(service, installation)}://127.0.0.1:${portOf(service)}`,
    ).href;
  const url = addressOf('gateway');
  const logger = createLogger({ service: 'standalone', level: installation.logLevel });
  // It looks after the others, and shows what the gateway shows.
  const tls = tlsFrom(tlsOf('gateway', installation), logger);
  const services = servicesOf(installation);
  const callees = services.filter((name) => name !== 'gateway');
  const addresses: Addresses = Object.fromEntries(callees.map((name) => [name, addressOf(name)]));
  const children = new Map<Service, ChildProcess>();

  const start = async (service: Service) => {
    const environment = environmentOf(service, portOf(service), installation, addresses);
    const child = spawnService(service, environment);
    children.set(service, child);
    const address = addresses[service] ?? url;
    await ready(child, service, address, address.startsWith('https:') ? tls : undefined);
    child.once('exit', (code) => {
      if (children.get(service) !== child) return;
      children.delete(service);
      onUnexpectedEnd?.(service, code);
    });
  };
  const end = async (service: Service, signal: NodeJS.Signals) => {
    const child = children.get(service);
    if (!child) return;
    children.delete(service);
    await ended(child, signal);
  };
  const stop = async () => {
    await end('gateway', 'SIGTERM');
    await Promise.all(services.map((service) => end(service, 'SIGTERM')));
  };

  try {
    await Promise.all(services.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    addresses: { ...addresses, gateway: url },
    stop,
    kill: (service) => end(service, 'SIGKILL'),
    restart: start,
    freeze: (service) => void children.get(service)?.kill('SIGSTOP'),
    goOn: (service) => void children.get(service)?.kill('SIGCONT'),
  };
}

function spawnService(service: Service, environment: Record<string, string>): ChildProcess {
  const folder = service === 'gateway' || service === 'rails-sandbox' ? `apps/${service}` : `subgraphs/${service}`;
  // A group of its own: Ctrl+C reaches the parent alone, which then stops everything in order. The channel tells the
  // child when the parent is gone, so that a crash leaves no orphans.
  return spawn(process.execPath, ['--import', 'tsx', `${folder}/src/main.ts`], {
    cwd: root,
    env: { ...inherited(), ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
}

/** What a service may take from its parent: the search path and the like, and none of the parent's own settings. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_ENV, NODE_OPTIONS, NODE_EXTRA_CA_CERTS } = process.env;
  const env: NodeJS.ProcessEnv = { PATH, HOME, TMPDIR, NODE_ENV, NODE_OPTIONS, NODE_EXTRA_CA_CERTS };
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

async function ready(child: ChildProcess, service: Service, url: string, tls: Tls | undefined): Promise<void> {
  const pool = new Pool(new URL(url).origin, { connect: connectorTo(service, { url, tls }) });
  try {
    await until(`${service} is ready`, readyWithinMs, async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new OperatorError(`${service} ended while it was starting`);
      return answersOk(pool);
    });
  } finally {
    await pool.destroy();
  }
}

/** A service that can do without a peer gives it two seconds before it says so. */
const answerWithinMs = 10_000;

async function answersOk(pool: Dispatcher): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    const { statusCode, body } = await pool.request({ method: 'GET', path: '/health/ready', signal });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await exit;
  clearTimeout(late);
}
