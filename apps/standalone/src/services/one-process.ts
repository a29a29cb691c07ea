import { startGateway } from '@paygraph/gateway';
import { startRailsSandbox } from '@paygraph/rails-sandbox';
import type { RunningService } from '@paygraph/service';
import { startForex } from '@paygraph/subgraph-forex';
import { startLedger } from '@paygraph/subgraph-ledger';
import { startPayment } from '@paygraph/subgraph-payment';
import { startProfile } from '@paygraph/subgraph-profile';
import { startRisk } from '@paygraph/subgraph-risk';
import { startWallet } from '@paygraph/subgraph-wallet';
import { type Addresses, environmentOf, type Installation, type Service, schemeOf, servicesOf } from './environment.ts';
import { freePorts } from './free-ports.ts';
import type { Services } from './services.ts';

const starts: Record<Service, (env: NodeJS.ProcessEnv) => Promise<RunningService>> = {
  profile: startProfile,
  forex: startForex,
  ledger: startLedger,
  risk: startRisk,
  wallet: startWallet,
  payment: startPayment,
  gateway: startGateway,
  'rails-sandbox': startRailsSandbox,
};

/** Puts something between a service and all who call it: is given its address, and gives the one to call. */
export type Between = (service: Service, url: string) => Promise<string>;

/**
 * Starts every service in this process. They still speak HTTP with each other, each on a free port of 127.0.0.1, so that
 * nothing works here that would not work over a network.
 */
export async function startInOneProcess(
  installation: Installation,
  gatewayPort: number,
  between: Between = async (_service, url) => url,
): Promise<Services> {
  // Wallet and payment call each other: where payment will be is settled before wallet starts.
  const [paymentPort = 0] = await freePorts(1);
  const paymentAddress = `${schemeOf('payment', installation)}://127.0.0.1:${paymentPort}/graphql`;
  const addresses: Addresses = { payment: await between('payment', paymentAddress) };
  const running: RunningService[] = [];

  const portOf = (service: Service) => {
    if (service === 'payment') return paymentPort;
    return service === 'gateway' ? gatewayPort : 0;
  };
  const start = async (service: Service) => {
    const port = portOf(service);
    const started = await starts[service](environmentOf(service, port, installation, addresses));
    running.unshift(started);
    addresses[service] ??= await between(service, started.url);
  };
  const stop = async () => {
    // Last started, first stopped: nobody calls a service that is gone.
    for (const service of running) await service.stop();
  };

  try {
    for (const service of servicesOf(installation)) await start(service);
    return { url: addresses.gateway ?? '', addresses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
