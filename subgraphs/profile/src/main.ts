import { runMain } from '@paygraph/service';
import { startProfile } from './start.ts';

await runMain(() => startProfile(process.env));
