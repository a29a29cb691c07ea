import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzip } from 'fflate';
import { parseAllDocuments, stringify } from 'yaml';

/** A package that carries the real helm for AWS Lambda, which is Linux on x64. */
const carrier = '@aws-cdk/asset-kubectl-v20';
export const hasHelm = process.platform === 'linux' && process.arch === 'x64';

/** What Kubernetes is told to make. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Record<string, never>;
}

/** Runs helm and gives what it prints. @throws Error with what it says */
export async function helm(...parameters: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(await program(), parameters, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** What a chart makes of values that are given over its own. */
export async function render(chart: string, values: object = {}): Promise<Manifest[]> {
  const folder = await mkdtemp(join(tmpdir(), 'paygraph-values-'));
  try {
    const file = join(folder, 'values.yaml');
    await writeFile(file, stringify(values));
    const text = await helm('template', 'pg', chart, '--kube-version', '1.31.0', '--values', file);
    return parseAllDocuments(text).flatMap((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS() ?? [];
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Where helm is: taken out of its package once for all runs on this machine. */
async function program(): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve(`${carrier}/package.json`);
  const { version } = JSON.parse(await readFile(manifest, 'utf8'));
  const folder = join(tmpdir(), `paygraph-helm-${version}-${process.getuid?.() ?? 0}`);
  const file = join(folder, 'helm');
  if (existsSync(file)) return file;
  const archive = await readFile(join(dirname(manifest), 'lib', 'layer.zip'));
  const content = await new Promise<Uint8Array | undefined>((resolve, reject) => {
    const filter = ({ name }: { readonly name: string }) => name === 'helm/helm';
    unzip(archive, { filter }, (error, files) => (error ? reject(error) : resolve(files['helm/helm'])));
  });
  if (!content) throw new Error(`${carrier} has no helm`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = `${file}-${process.pid}`;
  await writeFile(fresh, content);
  await chmod(fresh, 0o700);
  await rename(fresh, file);
  return file;
}
