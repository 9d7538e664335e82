import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pluginContext, testTransport } from 'qanat/conformance'
import plugin from './index.js'

testTransport({
  name: 'unix',
  stream: true,
  setup() {
    const folder = mkdtempSync(join(tmpdir(), 'qanat-unix-'))
    return {
      end: () => plugin.transports.unix.create({ ...pluginContext(plugin), localPort: 0 }),
      endpoint: new URL(`unix://${join(folder, 'socket')}`),
      dispose: () => rmSync(folder, { recursive: true }),
    }
  },
})
