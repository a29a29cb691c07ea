import { runMain } from '@paygraph/service';
import { startWallet } from './start.ts';

await runMain(() => startWallet(process.env));
