import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../src/app/builtins.js'
import { publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { pushedTo } from '../../src/config/build/pushed.js'
import { modelOf } from '../../src/config/check/parsed.js'
import { readToml } from '../../src/config/toml/read.js'
import { parseIpPrefix } from '../../src/core/ip/ip-prefix.js'
import { permittedSettings } from '../../src/core/pushed-settings/permitted-settings.js'

const text = readFileSync(join(import.meta.dirname, '../../docs/server.md'), 'utf8')

function model(name: string) {
  const content = new RegExp(`<!-- ${name} -->\n\`\`\`toml\n(.*?)\`\`\``, 's').exec(text)![1]!
  return modelOf(name, readToml(name, content), publicKeyOf, BUILT_IN_TRAITS)
}

describe('docs/server.md', () => {
  it('shows a server and a client that are right', () => {
    expect(model('server.toml').remarks).toEqual([])
    expect(model('laptop.toml').remarks).toEqual([])
  })

  it('shows a client that takes over what the server hands to it, but for what it does not accept', () => {
    const server = model('server.toml').model
    const { accept = [], allowedIps = [] } = model('laptop.toml').model.peers[0]!
    const allowed = allowedIps.map((range) => parseIpPrefix(range)!)
    const pushed = pushedTo(server)(server.peers[0]!)
    const { settings, refused } = permittedSettings(pushed, { accepts: accept, allowed, mtu: 1420 }, [])
    expect(settings.routes.map(({ text }) => text)).toEqual(['10.20.0.0/24', 'fd20::/64', '192.168.7.0/24'])
    expect(settings).toMatchObject({ nameServers: ['10.20.0.1'], searchDomains: ['example.org'] })
    expect(settings.addresses).toEqual([])
    expect(refused).toEqual([])
  })
})
