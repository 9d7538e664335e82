import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TRANSPORT, type Transport, type TransportPlugin } from 'qanat'
import { pluginContainer, testTransport } from 'qanat/conformance'
import { register } from './index.js'

const app = pluginContainer({ register })
const plugin = app.resolve<TransportPlugin>(TRANSPORT)

testTransport({
  name: 'unix',
  stream: true,
  setup() {
    const folder = mkdtempSync(join(tmpdir(), 'qanat-unix-'))
    return {
      end: () => plugin.create({ localPort: 0 }, app) as Transport,
      endpoint: new URL(`unix://${join(folder, 'socket')}`),
      dispose: () => rmSync(folder, { recursive: true }),
    }
  },
})
