import './no-telemetry.ts';
import { runMain } from '@paygraph/service';
import { startGateway } from './start.ts';

await runMain(() => startGateway());
