import { runMain } from '@paygraph/service';
import { startForex } from './start.ts';

await runMain(() => startForex(process.env));
