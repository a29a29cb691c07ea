import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificates } from './make.ts';

const day = 24 * 3_600_000;
const services = ['ledger', 'wallet'];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paygraph-certificates-'));
});
afterEach(() => rm(directory, { recursive: true }));

const certificate = async (...path: string[]) => new X509Certificate(await readFile(join(directory, ...path)));

describe('the certificates of an installation', () => {
  it('are each in the name of its service, for a month, by a CA that all have', async () => {
    await makeCertificates({ directory, services });
    const ca = await certificate('ca.crt');
    for (const service of services) {
      const own = await certificate(service, 'tls.crt');
      expect(own.verify(ca.publicKey)).toBe(true);
      expect(own.subjectAltName).toBe(`DNS:${service}, DNS:localhost, IP Address:127.0.0.1`);
      expect(own.ca).toBe(false);
      expect((Date.parse(own.validTo) - Date.now()) / day).toBeCloseTo(30, 1);
      expect((await certificate(service, 'ca.crt')).fingerprint256).toBe(ca.fingerprint256);
    }
  });

  it('keep their keys to their owner', async () => {
    await makeCertificates({ directory, services });
    for (const file of ['ca.key', 'ledger/tls.key', 'wallet/tls.key'])
      expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  });

  it('are renewed by making them again, under the same CA until what it issues would outlive it', async () => {
    const make = async (days: number) => {
      await makeCertificates({ directory, services, now: new Date(Date.now() + days * day) });
      const [ca, ledger] = await Promise.all([certificate('ca.crt'), certificate('ledger', 'tls.crt')]);
      return { ca: ca.serialNumber, ledger: ledger.serialNumber };
    };
    const [first, second, late] = [await make(0), await make(300), await make(340)];
    expect(second.ca).toBe(first.ca);
    expect(new Set([first.ledger, second.ledger, late.ledger]).size).toBe(3);
    expect(late.ca).not.toBe(first.ca);
  });
});
