import { runMain } from '@paygraph/service';
import { startRailsSandbox } from './start.ts';

await runMain(() => startRailsSandbox(process.env));
