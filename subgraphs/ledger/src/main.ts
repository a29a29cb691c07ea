import { runMain } from '@paygraph/service';
import { startLedger } from './start.ts';

await runMain(() => startLedger(process.env));
