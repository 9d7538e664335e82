import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { expectRefusal } from '../support/refusal.js'

/** Answers the five questions at a terminal: the first wrongly at first, the others by an empty line. */
const AT_A_TERMINAL = join(import.meta.dirname, '../fixtures/at_a_terminal.py')

/** A plugin with a transport that looks at its endpoints. */
const PLUGIN = `export default {
  api: 1,
  name: 'mine',
  options: {
    subject: { type: 'string', in: ['endpoint'], help: 'x' },
    retries: { type: 'whole', max: 9, help: 'x' },
    token: { type: 'secret', help: 'x' },
  },
  transports: {
    mine: {
      summary: 'x',
      authority: 'host',
      checkEndpoint({ hostname }) {
        if (hostname === 'closed') throw new Error("'closed' takes nobody")
      },
      create: () => ({}),
    },
  },
}`

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

function qanat(...args: string[]): Program {
  return new Program(process.execPath, [QANAT, ...args], { cwd: folder })
}
const init = (...args: string[]) => qanat('init', '--host', 'vpn.example.org', ...args).output()
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o777

describe('qanat init', () => {
  it("writes a server's file and a client's that only their owner can read, and that are right", async () => {
    await init()
    for (const name of ['server.toml', 'client.toml']) {
      expect(modeOf(name)).toBe(0o600)
      expect(await qanat('check', name).output()).toBe(`${name}: valid, with 1 peer`)
    }
  })

  it('tells in three lines what to do next: at the server, at the client, and for more clients', async () => {
    mkdirSync(join(folder, 'tunnel'))
    expect((await init('--folder', 'tunnel', '--client', 'laptop')).split('\n')).toEqual([
      'tunnel/server.toml: on the server, run "sudo qanat up tunnel/server.toml"',
      'tunnel/laptop.toml: copy it to the client over a secure channel, and run "sudo qanat up laptop.toml" there',
      'more clients: "qanat add-client NAME --config tunnel/server.toml -o NAME.toml", or NAME.conf for WireGuard\'s own programs',
    ])
    const adding = qanat('add-client', 'more', '--config', 'tunnel/server.toml', '-o', 'more.conf')
    await adding.output()
    expect(text('more.conf')).toContain('[Interface]')
  })

  it('overwrites nothing, and leaves nothing half done', async () => {
    writeFileSync(join(folder, 'client.toml'), 'mine')
    await expectRefusal(qanat('init', '--host', 'vpn.example.org'), ['Cannot write client.toml', 'EEXIST'])
    expect(text('client.toml')).toBe('mine')
    expect(() => text('server.toml')).toThrow('ENOENT')
  })

  it('tells what is missing where there is no terminal', async () => {
    await expectRefusal(qanat('init'), ['Cannot prompt without a terminal', '--host'])
  })

  it('refuses an answer that is none before it asks', async () => {
    await expectRefusal(qanat('init', '--port', '0'), ["Cannot use --port: '0' is wrong", '1 to 65535'])
  })
})

describe('qanat init --tls self-signed', () => {
  const TLS = ['--tls', 'self-signed', '--transports', 'wss,udp']

  it("makes a certificate for the host, and has the client's file know it by its pin, as that of a client to come", async () => {
    await init(...TLS)
    for (const name of ['server.crt', 'server.key', 'server.toml']) expect(modeOf(name)).toBe(0o600)
    const named = { 'server.toml': '\ncertificate for vpn.example.org, until ', 'client.toml': '' }
    for (const [name, rest] of Object.entries(named)) {
      const told = await qanat('check', name).output()
      expect(told.replace(/[-\d]+$/, '')).toBe(`${name}: valid, with 1 peer${rest}`)
    }
    const pin = `pin = "${await qanat('pin', 'server.crt').output()}"`
    expect(text('server.toml')).toContain('cert-file = "server.crt"')
    expect(text('server.toml')).not.toContain('pin = ')
    expect(text('client.toml')).toContain(pin)
    const added = qanat('add-client', 'laptop', '--config', 'server.toml', '-o', 'laptop.toml')
    await added.output()
    expect(text('laptop.toml')).toContain(pin)
    const quick = qanat('add-client', 'phone', '--config', 'server.toml', '--format', 'wg-quick', '--no-qr')
    expect(await quick.output()).not.toContain('tls')
    const certificate = new X509Certificate(text('server.crt'))
    expect(certificate.checkHost('vpn.example.org')).toBe('vpn.example.org')
    expect(certificate.checkPrivateKey(createPrivateKey(text('server.key')))).toBe(true)
  })

  it('makes one for an address, that OpenSSL verifies by it', async () => {
    await qanat('init', '--host', '2001:db8::1', ...TLS).output()
    const verify = ['verify', '-CAfile', 'server.crt', '-verify_ip', '2001:db8::1', 'server.crt']
    expect(await new Program('openssl', verify, { cwd: folder }).output()).toBe('server.crt: OK')
  })

  it.each([
    [['--tls', 'self'], "Cannot use --tls 'self': it is 'self-signed'"],
    [['--tls', 'self-signed', '--transports', 'udp'], 'no transport needs one, such as wss'],
    [[...TLS, '--tls-cert', 'a', '--tls-key', 'b'], 'leave --tls-cert and --tls-key out'],
    [['--transports', 'wss'], 'give --tls-cert and --tls-key, or --tls self-signed'],
  ])('refuses what does not fit, and writes nothing: %j', async (args, words) => {
    await expectRefusal(qanat('init', '--host', 'vpn.example.org', ...args), [words])
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('qanat init --only-443', () => {
  it('offers UDP first and wss on 443 behind it, and has clients know its certificate by the pin', async () => {
    await init('--only-443')
    expect(await qanat('check', 'server.toml').output()).toContain('valid')
    expect(text('server.toml')).toContain('listen = [ "udp://[::]:51820", "wss://[::]:443" ]')
    await qanat('add-client', 'laptop', '--config', 'server.toml', '-o', 'laptop.toml').output()
    const pin = await qanat('pin', 'server.crt').output()
    for (const client of ['client.toml', 'laptop.toml']) {
      expect(text(client)).toContain('"udp://vpn.example.org:51820", "wss://vpn.example.org:443"')
      expect(text(client)).toContain(`pin = "${pin}"`)
    }
  })

  it('takes the certificate that there is in place of one of its own', async () => {
    await init('--only-443', '--tls-cert', 'own.crt', '--tls-key', 'own.key', '--port', '4500')
    expect(readdirSync(folder).toSorted()).toEqual(['client.toml', 'server.toml'])
    expect(text('server.toml')).toContain('own.crt')
    expect(text('client.toml')).toContain('"udp://vpn.example.org:4500", "wss://vpn.example.org:443"')
    expect(text('client.toml')).not.toContain('pin = ')
  })

  it('refuses other transports beside it, and writes nothing', async () => {
    const asked = qanat('init', '--host', 'vpn.example.org', '--only-443', '--transports', 'tcp')
    await expectRefusal(asked, ["Cannot use --only-443: leave --transports out, it stands for 'udp, wss'"])
    expect(readdirSync(folder)).toEqual([])
  })
})

describeWhere(['program python3'], 'qanat init at a terminal', () => {
  it('asks five questions, again where the answer is wrong, and takes an empty line for the usual answer', async () => {
    const said = await new Program('python3', [AT_A_TERMINAL, 'answer', process.execPath, QANAT], {
      cwd: folder,
    }).output()
    for (const asked of [
      'Name or address at',
      'Ways to carry',
      'Port for',
      'Networks inside',
      'Name of the first',
    ]) {
      expect(said).toContain(asked)
    }
    expect(said).toContain("'no host' is wrong, it is a host name or an IP address")
    expect(said).toContain('Port for udp and tcp [51820]:')
    expect(text('server.toml')).toContain('udp://vpn.example.org:51820')
    expect(text('client.toml')).toContain('name = "server"')
  })

  it('writes nothing where the terminal is closed instead', async () => {
    const said = await new Program('python3', [AT_A_TERMINAL, 'leave', process.execPath, QANAT], {
      cwd: folder,
    }).output()
    expect(said).toContain('qanat: Cannot go on without an answer: nothing was written')
    expect(said).toContain('exit code 2')
    expect(() => text('server.toml')).toThrow('ENOENT')
  })
})

describe('qanat check', () => {
  it('tells which proxy an endpoint is dialled through and who says so, never its password', async () => {
    await init()
    const client = (proxy: string) => {
      const endpoints = 'endpoints = ["udp://127.0.0.1:1", "wss://vpn.example.org/door", "tcp://exempt:1"]'
      const own = text('client.toml').replace(/^endpoints = .*$/m, `${endpoints}\n${proxy}`)
      writeFileSync(join(folder, 'own.toml'), own, { mode: 0o600 })
    }
    const env = { ...process.env, https_proxy: 'DOM\\user:canary@proxy:3128', NO_PROXY: 'exempt.' }
    const check = (...args: string[]) =>
      new Program(process.execPath, [QANAT, 'check', 'own.toml', ...args], { cwd: folder, env }).output()

    client('')
    expect((await check()).split('\n')).toEqual([
      'own.toml: valid, with 1 peer',
      'wss://vpn.example.org/door is dialled through the proxy http://proxy:3128, as https_proxy says; sudo and services drop that variable',
      'tcp://exempt:1 is dialled directly, as NO_PROXY says; sudo and services drop that variable',
    ])
    expect(JSON.parse(await check('--json'))).toMatchObject({
      proxies: [
        { endpoint: 'wss://vpn.example.org/door', proxy: 'http://proxy:3128', source: 'https_proxy' },
        { endpoint: 'tcp://exempt:1', proxy: null, source: 'NO_PROXY' },
      ],
    })
    client("proxy = 'socks5h://DOM\\user:canary@[::1]'")
    const said = await check()
    expect(said).toMatch(
      /wss:\S+ is dialled through the proxy socks5:\/\/\[::1\]:1080, as own.toml:\d+: 'proxy' in/,
    )
    expect(said).not.toContain('canary')
  })
})

describe('qanat add-client', () => {
  it("prints the client's file, and for a terminal a QR code beside it", async () => {
    await init()
    const before = text('server.toml')
    const program = qanat('add-client', 'phone', '--config', 'server.toml', '--qr')
    const own = await program.output()
    expect(text('server.toml').startsWith(before)).toBe(true)
    expect(text('server.toml')).toContain('name = "phone"')
    expect(modeOf('server.toml')).toBe(0o600)
    expect(program.stderr.length).toBeGreaterThan(20)
    expect(new Set(program.stderr.join(''))).toEqual(new Set('\x1b[30;107m█▀▄ '))
    writeFileSync(join(folder, 'phone.toml'), own, { mode: 0o600 })
    expect(await qanat('check', 'phone.toml').output()).toContain('valid')
  })

  it("writes it to a file, in wg-quick's format where that is asked for", async () => {
    await init()
    const program = qanat(
      'add-client',
      'phone',
      '--config',
      'server.toml',
      '--format',
      'wg-quick',
      '-o',
      'phone.conf',
    )
    expect((await program.output()).split('\n')).toEqual([
      'phone.conf: copy it to the client over a secure channel',
      'server.toml: "sudo qanat reload server.toml" admits it',
    ])
    expect(program.stderr).toEqual([])
    expect(modeOf('phone.conf')).toBe(0o600)
    expect(await qanat('check', 'phone.conf').output()).toContain('valid')
    expect(await qanat('check', 'server.toml').output()).toContain('2 peers')
  })

  it('changes nothing where it fails', async () => {
    await init()
    const before = text('server.toml')
    await expectRefusal(qanat('add-client', 'client', '--config', 'server.toml'), [
      "'client'",
      'that name already',
    ])
    await expectRefusal(qanat('add-client', 'b', '--config', 'server.toml', '-o', 'client.toml'), ['EEXIST'])
    const byPlugin = ['--endpoint', 'nats://vpn', '--format', 'wg-quick']
    writeFileSync(
      join(folder, 'server.toml'),
      before.replace('[interface]', '[interface]\nplugins = ["./nats.js"]'),
    )
    await expectRefusal(qanat('add-client', 'b', '--config', 'server.toml', ...byPlugin), [
      "'b'",
      'need plugins, which wg-quick files cannot name',
    ])
    writeFileSync(join(folder, 'server.toml'), before)
    expect(text('server.toml')).toBe(before)
  })

  it('changes the file that a link leads to', async () => {
    await init()
    symlinkSync('server.toml', join(folder, 'link.toml'))
    await qanat('add-client', 'phone', '--config', 'link.toml').output()
    expect(text('server.toml')).toContain('phone')
    expect(text('link.toml')).toBe(text('server.toml'))
  })
})

describe('qanat check', () => {
  it('tells everything that is wrong, a line each, with exit code 2', async () => {
    await init()
    const wrong = `${text('server.toml').replace('address', 'adress')}[log]\nlevel = "loud"\n`
    writeFileSync(join(folder, 'server.toml'), wrong)
    const program = qanat('check', 'server.toml')
    expect(await program.ending()).toEqual({ code: 2, signal: null })
    expect(program.stderr).toEqual([
      expect.stringMatching(/^qanat: Cannot use server\.toml:6: unknown key 'adress'/),
      expect.stringMatching(/^qanat: Cannot use server\.toml:17: 'level' in \[log\] is 'loud'/),
    ])
  })

  it.each([
    ['cipher = "rot13"', ["Cannot choose cipher 'rot13'", 'wireguard']],
    ['tun-driver = "tin"', ["Cannot choose TUN driver 'tin'"]],
    ['plugins = ["./none.js"]', ['Cannot use plugin', 'none.js']],
  ])('finds out that there is no %s', async (line, says) => {
    await init()
    writeFileSync(
      join(folder, 'server.toml'),
      text('server.toml').replace('[interface]', `[interface]\n${line}`),
    )
    await expectRefusal(qanat('check', 'server.toml'), says)
  })

  it('tells what a plugin has against its options and endpoints, with file and line', async () => {
    await init()
    writeFileSync(join(folder, 'mine.mjs'), PLUGIN)
    const [head, rest] = text('client.toml').split('[interface]')
    const endpoints = ['mine://h?subjet=x', 'mine:///path', 'mine://closed', 'udp://h:1']
    const wrong = rest!.replace(/endpoints = .*/, `endpoints = ${JSON.stringify(endpoints)}`)
    const table = '[plugin.mine]\nretries = 12\ntoken = "hidden"\n[plugin.other]\n'
    writeFileSync(join(folder, 'client.toml'), `${head}[interface]\nplugins = ["./mine.mjs"]${wrong}${table}`)
    const program = qanat('check', 'client.toml')
    expect(await program.ending()).toEqual({ code: 2, signal: null })
    expect(program.stderr.map((line) => line.replace(/^qanat: Cannot use client\.toml:\d+: /, ''))).toEqual([
      "'endpoints' in [[peer]] 1 has the key 'subjet' in its query, which is no option; did you mean 'subject'?",
      "'endpoints' in [[peer]] 1 is wrong: 'mine:///path' is not a URL such as mine://host:1337",
      "'endpoints' in [[peer]] 1 is refused by its transport: 'closed' takes nobody",
      "option 'retries' of plugin 'mine': 12 is not a whole number within 0 to 9",
      "option 'token' of plugin 'mine': it is a secret; give 'token-file' or 'token-env'",
      "options of plugin 'other': no plugin of that name is loaded",
    ])
  })

  it('finds nothing odd in what wg-quick would do to the host', async () => {
    await init()
    await qanat('convert', 'client.toml', '-o', 'client.conf').output()
    const lines = ['DNS = 10.0.0.1, example.org', 'FwMark = 0xca6c', 'PostUp = true', 'SaveConfig = false']
    const conf = text('client.conf').replace('[Interface]', `[Interface]\n${lines.join('\n')}`)
    writeFileSync(join(folder, 'client.conf'), conf)
    const program = qanat('check', 'client.conf')
    await program.output()
    expect(program.stderr).toEqual([])
  })
})

describe('qanat convert', () => {
  it('there and back comes to the same but for what it told', async () => {
    await init()
    const there = qanat('convert', 'client.toml', '--to', 'wg-quick', '-o', 'client.conf')
    await there.output()
    expect(there.stderr).toEqual([
      "qanat: client.toml: 'endpoints' in [[peer]] 1 is kept, and only Qanat understands it",
      "qanat: client.toml: 'name' in [[peer]] 1 is kept as a comment: wg-quick files do not have it",
    ])
    const back = await qanat('convert', 'client.conf').output()
    const [, original] = text('client.toml').split('\n\n[interface]')
    expect(`${back}\n`).toBe(`[interface]${original!.replace('name = "server"\n', '')}`)
  })

  it("writes the keys themselves into wg-quick's format, which names no files", async () => {
    await init()
    const [, key] = /private-key = "(.*)"/.exec(text('client.toml'))!
    writeFileSync(join(folder, 'key'), key!, { mode: 0o600 })
    writeFileSync(
      join(folder, 'client.toml'),
      text('client.toml').replace(/private-key = .*/, 'private-key-file = "key"'),
    )
    expect(await qanat('convert', 'client.toml').output()).toContain(`PrivateKey = ${key}`)
  })

  it('refuses what is not WireGuard', async () => {
    const shared =
      '[interface]\nkey = "12"\ncipher = "xor"\naddress = ["10.0.0.1/24"]\nlisten = ["udp://[::]:1"]\n[[peer]]\n'
    writeFileSync(join(folder, 'a.toml'), shared, { mode: 0o600 })
    await expectRefusal(qanat('convert', 'a.toml'), [
      'Cannot write a wg-quick file',
      'only supports the cipher wireguard',
    ])
  })
})
