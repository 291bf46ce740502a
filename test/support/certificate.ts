import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The files of a certificate, as PEM. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/**
 * Makes a self-signed certificate with OpenSSL, valid for two days.
 * @param folder where its files are written
 * @param names as in a certificate, such as `DNS:localhost,IP:127.0.0.1`
 */
export function makeCertificate(folder: string, names: string): CertificateFiles {
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', '/CN=Test', '-addext', `subjectAltName=${names}`]
  const output = ['-out', files.certificate, '-keyout', files.key]
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...output], { stdio: 'pipe' })
  return files
}
