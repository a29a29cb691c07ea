import { runMain } from '@paygraph/service';
import { banner } from './banner.ts';
import { startInOneProcess } from './services/one-process.ts';
import { startFromEnvironment } from './start.ts';

await runMain(async () => {
  const platform = await startFromEnvironment(process.env, ({ PORT }, installation) =>
    startInOneProcess(installation, PORT),
  );
  process.stdout.write(banner(platform));
  return platform;
});
