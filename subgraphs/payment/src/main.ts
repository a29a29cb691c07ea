import { runMain } from '@paygraph/service';
import { startPayment } from './start.ts';

await runMain(() => startPayment(process.env));
