import { OperatorError, runMain } from '@paygraph/service';
import { banner } from './banner.ts';
import { portOf } from './services/environment.ts';
import { startProcesses } from './services/many-processes.ts';
import { startFromEnvironment } from './start.ts';

await runMain(async () => {
  const platform = await startFromEnvironment(process.env, ({ PORT }, installation) =>
    startProcesses(installation, (service) => portOf(service, PORT), {
      onUnexpectedEnd: (service, code) => {
        throw new OperatorError(`${service} ended by itself with code ${code}: stopping the others`);
      },
    }),
  );
  process.stdout.write(banner(platform));
  return platform;
});
