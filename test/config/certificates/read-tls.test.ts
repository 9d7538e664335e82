import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { readTls, type TlsFiles, type TlsTexts } from '../../../src/config/certificates/read-tls.js'
import type { ConfigModel } from '../../../src/config/schema/model.js'

const authority = new TestAuthority()
const { folder } = authority
const pair = authority.issue('vpn.example.org')
const other = authority.issue('other.example.org')
const DAY = 86_400_000

const at = (name: string) => join(folder, name)

function written(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content)
  return at(name)
}

function made(name: string, ...command: string[]): string {
  authority.openssl(...command, '-out', name)
  return at(name)
}

const files = (environment: TlsFiles['environment'] = {}): TlsFiles => ({
  bytes: (path) => readFileSync(path),
  keyBytes: (path) => readFileSync(path),
  resolve: (path) => path,
  environment,
})

function read(tls: NonNullable<ConfigModel['tls']>, { now = Date.now(), environment = {} } = {}) {
  const remarks: string[] = []
  const place = {
    describe: (path: readonly unknown[]) => `'${path.at(-1)}'`,
    remark: (_path: unknown, text: string) => remarks.push(text),
    now,
  }
  const texts: TlsTexts = readTls(tls, files(environment), place)
  return { texts, remarks }
}

const readPair = (certFile: string, keyFile = pair.keyFile) => read({ certFile, keyFile })

describe('a certificate file', () => {
  it.each([
    ['is empty', () => written('empty.pem', ''), 'is empty; PEM begins with "-----BEGIN CERTIFICATE-----"'],
    ['has nothing but lines', () => written('lines.pem', '\n\n'), 'is empty; '],
    [
      'is DER',
      () => made('own.der', 'x509', '-in', pair.certFile, '-outform', 'DER'),
      'is a certificate in DER and not PEM; run "openssl x509 -inform DER -in FILE -out FOLDER/own.pem"',
    ],
    [
      'is PKCS#12',
      () =>
        made(
          'own.p12',
          'pkcs12',
          '-export',
          '-in',
          pair.certFile,
          '-inkey',
          pair.keyFile,
          '-passout',
          'pass:x',
        ),
      'is PKCS#12 and not PEM; run "openssl pkcs12 -in FILE -nokeys -out FOLDER/own.pem"',
    ],
    [
      'is PKCS#7 in DER',
      () => made('own.p7b', 'crl2pkcs7', '-nocrl', '-certfile', pair.certFile, '-outform', 'DER'),
      'is PKCS#7 and not PEM; run "openssl pkcs7 -inform DER -print_certs -in FILE -out FOLDER/own.pem"',
    ],
    [
      'is PKCS#7 in PEM',
      () => made('own.p7c', 'crl2pkcs7', '-nocrl', '-certfile', pair.certFile),
      'holds PKCS#7 and no certificate; run "openssl pkcs7 -print_certs -in FILE -out FOLDER/own.pem"',
    ],
    ['is a private key', () => pair.keyFile, 'holds a private key and no certificate'],
    [
      'is a request',
      () => at('leaf1.csr'),
      'holds a request that no authority has signed yet (see "openssl req -in FILE -noout -text"), and no certificate',
    ],
    [
      'is in UTF-16',
      () => written('wide.pem', Buffer.from(`\ufeff${pair.cert}`, 'utf16le')),
      'is in UTF-16; run "iconv -f UTF-16 -t ASCII FILE > FOLDER/wide.new.pem"',
    ],
    ['is anything else', () => written('page.pem', '<html>'), 'is not PEM; PEM begins with "-----BEGIN CERT'],
    [
      'is cut off',
      () => written('cut.pem', pair.cert.slice(0, 300)),
      'is cut off: what begins in it has no end; copy it again',
    ],
    [
      'is damaged',
      () => written('damaged.pem', pair.cert.replace(/\n.{9}/, '\nAAAAAAAAA')),
      /: its certificate cannot be read \(.*\); see "openssl storeutl -noout -text -certs FILE"$/,
    ],
  ])('that %s is refused in one line, with what mends it', (_what, file, words) => {
    const path = file()
    for (const key of ['certFile', 'caFile', 'proxyCaFile'] as const) {
      const said = saidOf(() => read({ [key]: path }))
      const line = said.replaceAll(path, 'FILE').replaceAll(folder, 'FOLDER')
      if (typeof words === 'string') expect(line).toContain(`: FILE ${words}`)
      else expect(line).toMatch(words)
      expect(line).not.toContain('\n')
      expect(line).toMatch(/^Cannot use '(cert|ca|proxy-ca)-file': /)
    }
  })

  it('is taken with Windows line ends, a byte order mark, text around it and a key in it', () => {
    const plain = readPair(pair.certFile).texts
    const odd = `\ufeff${pair.key}subject=CN = x\n${pair.cert}`.replaceAll('\n', '\r\n')
    expect(readPair(written('odd.pem', odd), at('odd.pem')).texts).toEqual(plain)
  })

  it('is told of if it expired or is not valid yet, by the name in it, and used', () => {
    const own = { certFile: pair.certFile, keyFile: pair.keyFile }
    const remarks = (days: number) => read(own, { now: Date.now() + days * DAY }).remarks
    const shown = `${pair.certFile}: the certificate 'CN=leaf1'`
    const see = `see "openssl x509 -in ${pair.certFile} -noout -dates"`
    const day = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)
    expect(remarks(0)).toEqual([])
    expect(remarks(3)).toEqual([`${shown} expired on ${day(2)}; renew it (${see})`])
    expect(remarks(-1)).toEqual([`${shown} is not valid before ${day(0)}; is the clock right? (${see})`])
  })

  it('whose chain is in the wrong order is refused, or told of if only its authorities are', () => {
    const wrong = written('wrong-order.pem', authority.ca + pair.cert)
    expect(() => readPair(wrong)).toThrow(
      `'cert-file': ${wrong} has its certificates in the wrong order: number 2 of 2 is that of the key and has to be the first`,
    )
    const odd = written('odd-order.pem', pair.cert + other.cert + authority.ca)
    expect(readPair(odd).remarks).toEqual([
      `${odd}: certificate 2, 'CN=leaf2', is not the issuer of 'CN=leaf1', which is 'CN=Qanat test': some clients refuse such an order`,
    ])
    expect(readPair(written('right-order.pem', pair.cert + authority.ca)).remarks).toEqual([])
  })

  it('of a public authority without its chain is told of', () => {
    const csr = at('leaf1.csr')
    const extensions = written('aia.cnf', 'authorityInfoAccess = caIssuers;URI:http://r3.example.org/\n')
    const alone = made(
      ...([
        'alone.pem',
        'x509',
        '-req',
        '-in',
        csr,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-days',
        '2',
      ] as const),
      ...(['-extfile', extensions] as const),
    )
    expect(readPair(alone).remarks).toEqual([
      `${alone} has no chain: add the certificate of its issuer 'CN=Qanat test', as in certbot's fullchain.pem`,
    ])
  })
})

describe('a key file', () => {
  it.each([
    [
      'is empty',
      () => written('empty.key', ' '),
      'FILE is empty; PEM begins with "-----BEGIN PRIVATE KEY-----"',
    ],
    [
      'is DER',
      () => made('key.der', 'pkey', '-in', pair.keyFile, '-outform', 'DER'),
      'FILE is a private key in DER and not PEM; run "openssl pkey -inform DER -in FILE -out FOLDER/key.pem"',
    ],
    [
      'is PKCS#12',
      () => at('own.p12'),
      'FILE is PKCS#12 and not PEM; run "openssl pkcs12 -in FILE -nocerts -nodes -out FOLDER/own.pem"',
    ],
    ['is a certificate', () => pair.certFile, 'FILE holds a certificate and no private key'],
    [
      'is a public key',
      () => made('public.pem', 'pkey', '-in', pair.keyFile, '-pubout'),
      "FILE holds 'PUBLIC KEY' and no private key",
    ],
    [
      "is OpenSSH's",
      () =>
        written('ssh.key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----\n'),
      'FILE holds a key as OpenSSH writes it; run "ssh-keygen -p -m PKCS8 -f FILE"',
    ],
    ['is cut off', () => written('cut.key', pair.key.slice(0, 90)), 'FILE is cut off: '],
    [
      'is damaged',
      () => written('damaged.key', pair.key.replace(/\n.{9}/, '\nAAAAAAAAA')),
      /FILE: its private key cannot be read \(.*\); see "openssl pkey -in FILE -noout -check"$/,
    ],
  ])('that %s is refused in one line, with what mends it', (_what, file, words) => {
    const path = file()
    const said = saidOf(() => read({ keyFile: path }))
    const line = said.replaceAll(path, 'FILE').replaceAll(folder, 'FOLDER')
    expect(line).not.toContain('\n')
    expect(line).toMatch(/^Cannot use 'key-file': /)
    if (typeof words === 'string') expect(line).toContain(words)
    else expect(line).toMatch(words)
  })

  it('is opened by the passphrase of a file, and says if it lacks one or has a wrong one, which is never shown', () => {
    const secret = 'a pass phrase '
    const locks = [
      ['new.key', 'pkcs8', '-topk8', '-in', pair.keyFile, '-passout', `pass:${secret}`],
      ['old.key', 'ec', '-in', pair.keyFile, '-aes128', '-passout', `pass:${secret}`],
    ] as const
    for (const [name, ...command] of locks) {
      const keyFile = made(name, ...command)
      const passphrase = written('passphrase', `${secret}\r\nand more\n`)
      const certFile = pair.certFile
      expect(read({ certFile, keyFile, keyPassphraseFile: passphrase }).texts).toEqual(
        readPair(certFile).texts,
      )
      const line = saidOf(() => read({ keyFile }))
      expect(line).toBe(
        `Cannot use 'key-file': ${keyFile} holds a private key that a passphrase protects; give 'key-passphrase-file', or run "openssl pkey -in ${keyFile} -out ${at(`${name.slice(0, 3)}.pem`)}"`,
      )
      const wrong = written('wrong', 'nonsense')
      const said = saidOf(() => read({ keyFile, keyPassphraseFile: wrong }))
      expect(said).toContain(`${keyFile}: the passphrase in ${wrong} does not open the private key`)
      expect(said).not.toContain('nonsense')
    }
  })

  it('that does not fit the certificate is refused, with how to compare them', () => {
    expect(saidOf(() => readPair(pair.certFile, other.keyFile))).toBe(
      `Cannot use 'cert-file': the key ${other.keyFile} is not that of the certificate 'CN=leaf1' in ${pair.certFile}; compare "openssl x509 -in ${pair.certFile} -noout -pubkey" with "openssl pkey -in ${other.keyFile} -pubout"`,
    )
  })
})

describe('certificates of further names', () => {
  const own = { certFile: pair.certFile, keyFile: pair.keyFile }
  const further = (certs: readonly string[], keys: readonly string[]) => ({
    ...own,
    furtherCertFiles: [...certs],
    furtherKeyFiles: [...keys],
  })

  it('are read as the first one, each with its key', () => {
    const { remarks, texts } = read(further([other.certFile], [other.keyFile]))
    expect(texts.further?.map(({ cert }) => cert)).toEqual([other.cert])
    expect(texts.further?.[0]?.key).toContain('BEGIN PRIVATE KEY')
    expect(remarks).toEqual([])
  })

  it.each([
    [
      'is empty',
      () => further([written('none.pem', '')], [other.keyFile]),
      "'further-cert-files': FOLDER/none.pem is empty",
    ],
    [
      'has the key of another',
      () => further([other.certFile], [pair.keyFile]),
      "'further-cert-files': the key",
    ],
    [
      'has no key',
      () => further([other.certFile], []),
      "'further-key-files': it has 0 and 'further-cert-files' 1",
    ],
    [
      'is without a first one',
      () => ({ ...further([other.certFile], [other.keyFile]), certFile: undefined }),
      "without 'cert-file'",
    ],
    [
      'is DER',
      () => further([made('other.der', 'x509', '-in', other.certFile, '-outform', 'DER')], [other.keyFile]),
      'is a certificate in DER and not PEM',
    ],
  ])('are refused if one %s', (_what, make, why) => {
    expect(saidOf(() => read(make() as never))).toContain(why.replace('FOLDER', folder))
  })

  it('are told of if nobody can ever be shown one, or it is over', () => {
    const unnamed = made(
      'unnamed.pem',
      ...['req', '-x509', '-key', other.keyFile, '-subj', '/CN=nobody', '-days', '2'],
    )
    const files = [pair.certFile, unnamed, authority.issue('old.example', { days: -1 }).certFile]
    const keys = [pair.keyFile, other.keyFile, at('leaf3.key')]
    expect(read(further(files, keys)).remarks.map((line) => line.replaceAll(folder, ''))).toEqual([
      '/leaf1.pem has no name that those before it do not have, so nobody is shown it',
      '/unnamed.pem has no name of a server in it, so nobody is shown it',
      expect.stringContaining('expired'),
    ])
  })
})

describe('authorities', () => {
  it('are told of if there is none among them', () => {
    const { remarks, texts } = read({ caFile: pair.certFile })
    expect(texts.ca).toContain('BEGIN CERTIFICATE')
    expect(remarks[0]).toContain(
      `${pair.certFile} holds no authority's certificate ('CN=leaf1' is a server's), so nobody is trusted by it`,
    )
    expect(read({ caFile: authority.caFile }).remarks).toEqual([])
  })

  it('of the system are those of SSL_CERT_FILE, or of its bundle', () => {
    const environment = { SSL_CERT_FILE: authority.caFile }
    for (const key of ['caFile', 'proxyCaFile'] as const) {
      const { texts } = read({ [key]: 'system' }, { environment })
      expect(texts[key === 'caFile' ? 'ca' : 'proxyCa']).toBe(authority.ca)
    }
    expect(() => read({ caFile: 'system' }, { environment: { SSL_CERT_FILE: at('empty.pem') } })).toThrow(
      `Cannot use 'ca-file': SSL_CERT_FILE: ${at('empty.pem')} is empty`,
    )
    expect(bundleOf(['/etc/pki/tls/certs/ca-bundle.crt'])).toBe(authority.ca)
    expect(() => bundleOf([])).toThrow('install the package ca-certificates, or set SSL_CERT_FILE')
  })

  function bundleOf(there: readonly string[]): string | undefined {
    const bytes = (path: string) => {
      if (!there.includes(path)) throw new Error('ENOENT')
      return Buffer.from(authority.ca)
    }
    const place = { describe: () => 'it', remark: () => {}, now: Date.now() }
    return readTls({ caFile: 'system' }, { ...files(), bytes }, place).ca
  }
})

function saidOf(work: () => unknown): string {
  try {
    work()
  } catch (thrown) {
    return (thrown as Error).message
  }
  return 'nothing'
}
