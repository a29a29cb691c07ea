import 'reflect-metadata';
import { createPrivateKey, KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Both as PEM. */
export interface CertificateAndKey {
  readonly certificate: string;
  /** The private key: PKCS #8. */
  readonly key: string;
}

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/** A CA for services. */
export interface Authority extends CertificateAndKey {
  readonly validity: Validity;
  /** A certificate with a key of its own, for both ends of connections. */
  issue(service: string, validity: Validity): Promise<CertificateAndKey>;
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

/** A CA with a new key. */
export async function createAuthority(validity: Validity): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{
      name: 'CN=Paygraph development CA',
      keys,
      signingAlgorithm,
      notBefore: validity.from,
      notAfter: validity.until,
    },
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return authorityOf(certificate, keys.privateKey);
}

/** The CA that was made before. @throws Error when it is none, or its key is another's */
export async function readAuthority({ certificate, key }: CertificateAndKey): Promise<Authority> {
  const read = new X509Certificate(certificate);
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  return authorityOf(read, await webcrypto.subtle.importKey('pkcs8', der, curve, true, ['sign']));
}

function authorityOf(certificate: X509Certificate, signingKey: webcrypto.CryptoKey): Authority {
  return {
    certificate: certificate.toString('pem'),
    key: pemOf(signingKey),
    validity: { from: certificate.notBefore, until: certificate.notAfter },
    async issue(service, { from, until }) {
      const { privateKey, publicKey } = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
      const issued = await X509CertificateGenerator.create({
        ...{ subject: `CN=${service}`, issuer: certificate.subject, publicKey, signingKey, signingAlgorithm },
        ...{ notBefore: from, notAfter: until },
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension([
            { type: 'dns', value: service },
            { type: 'dns', value: 'localhost' },
            { type: 'ip', value: '127.0.0.1' },
          ]),
          await AuthorityKeyIdentifierExtension.create(certificate),
        ],
      });
      return { certificate: issued.toString('pem'), key: pemOf(privateKey) };
    },
  };
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
