import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { OWN } from '../../support/keys.js'
import { expectRefusal } from '../../support/refusal.js'

const authority = new TestAuthority()
const pair = authority.issue('vpn.example.org')

function check(tls: Readonly<Record<string, string>>, later: readonly string[] = []): Program {
  const lines = Object.entries(tls).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  const own = `[interface]\nprivate-key = "${OWN.privateKey}"\nlisten = ["wss://[::]:443"]\n`
  const name = 'server.toml'
  writeFileSync(join(authority.folder, name), `${own}[tls]\n${lines.join('\n')}\n`, { mode: 0o600 })
  const [program, ...rest] = [...later, process.execPath, QANAT, 'check', name]
  return new Program(program!, rest, { cwd: authority.folder })
}

const VALID = /^server\.toml: valid, with 0 peers\ncertificate for vpn\.example\.org, until \d{4}-\d\d-\d\d$/

describe('qanat check', () => {
  it('tells in a line what is wrong with the certificate, the key or the authorities, and where', async () => {
    const whole = { 'cert-file': pair.certFile, 'key-file': pair.keyFile }
    expect(await check(whole).output()).toMatch(VALID)
    const other = authority.issue('other.example.org')
    await expectRefusal(check({ ...whole, 'key-file': other.keyFile }), [
      "'cert-file' in [tls]",
      'is not that of the certificate',
      'compare "openssl x509 -in',
    ])
    const empty = join(authority.folder, 'empty.pem')
    writeFileSync(empty, '')
    await expectRefusal(check({ ...whole, 'ca-file': empty }), ["'ca-file' in [tls]", `${empty} is empty`])
  })

  it('tells of a key that OpenSSL finds too weak', async () => {
    authority.openssl(
      ...['req', '-x509', '-newkey', 'rsa:512', '-nodes', '-keyout', 'weak.key', '-out', 'weak.pem'],
      ...['-days', '2', '-subj', '/CN=weak'],
    )
    const weak = { 'cert-file': 'weak.pem', 'key-file': 'weak.key' }
    await expectRefusal(check(weak), ['Cannot use the TLS certificate or key', 'ee key too small'])
  })
})

describeWhere(['program faketime'], 'qanat check, three days later', () => {
  it('tells which certificate expired by the clock of the host, and that the file can be used', async () => {
    const program = check({ 'cert-file': pair.certFile, 'key-file': pair.keyFile }, ['faketime', '3 days'])
    expect(await program.output()).toMatch(VALID)
    expect(program.stderr.slice(-1)).toEqual([
      expect.stringMatching(
        /: the certificate 'CN=leaf1' expired on \d{4}-\d\d-\d\d; renew it \(see "openssl x509 -in/,
      ),
    ])
  })
})
