import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packet, pattern } from '../../lab/offload-packets.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { packetOf } from '../../src/core/api/packet.js'

const root = join(import.meta.dirname, '../..')

it('shows a hook in docs/packet-hooks.md that does what it says', async () => {
  const page = readFileSync(join(root, 'docs/packet-hooks.md'), 'utf8')
  const [, file, code] = /<!-- (\S+) -->\n```js\n(.*?)```\n/s.exec(page)!
  const folder = temporaryFolder()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const path = join(folder, file!)
  writeFileSync(path, code!)
  const container = await createContainer(silentLogger, [path])
  const hook = await choosePlugin(container, 'packet hook', 'no-dns').make(
    { mtu: 1420 },
    new AbortController().signal,
  )
  const to = (destinationPort: number) =>
    packetOf(packet({ version: 4, protocol: 'udp', payload: pattern(9), destinationPort }).bytes)
  const [other, dns] = [to(54), to(53)]
  expect(hook.outgoing!([other], { id: 'peer' }, 0)).toBeUndefined()
  expect(hook.outgoing!([dns, other], { id: 'peer' }, 0)).toEqual({ packets: [other] })
  expect(hook.drops).toEqual({ dns: 1 })
})
