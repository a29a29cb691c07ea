import { runMain } from '@paygraph/service';
import { startRisk } from './start.ts';

await runMain(() => startRisk(process.env));
