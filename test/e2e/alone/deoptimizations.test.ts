import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fixture, INNER, type LabHost } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { nativeMissing } from '../../support/native-missing.js'

/** Not the bundle, of which no module can be changed before it starts. */
const QANAT = join(import.meta.dirname, '../../../dist/src/cli/main.js')
const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const KEY = ['-k', randomBytes(32).toString('base64')]
/** Some 10,000 packets of 1,420 bytes. */
const COPY_BYTES = 14_000_000
/** Functions of a packet's way that may be deoptimized for what only real packets do. */
const MOST_OTHERS = 12
const DEOPTIMIZED = /bailout \(kind: [\w-]+, reason: (.*?)\): begin\. deoptimizing \S+ <JSFunction (\S+)/

describeWhere(
  ['root', '/dev/net/tun', 'program ip'],
  'the first real packets of a tunnel that was rehearsed',
  () => {
    const lab = groupLab()

    for (const scheme of ['udp', 'tcp', 'ws'] as const) {
      it.skipIf(nativeMissing)(
        `throw no optimized code away for the shape of an object: ${scheme}`,
        async ({ annotate }) => {
          const far = start(lab.far, FAR, NEAR, '--listen', `${scheme}://[::]:${PORT}`)
          await far.line('"rehearsed"')
          const near = start(lab.near, NEAR, FAR, '-p', `${scheme}://${lab.far.ipv4}:${PORT}`)
          await near.line('"rehearsed"')
          const before = [far, near].map(({ stdout }) => stdout.length)
          await copy(lab.near, lab.far, NEAR, COPY_BYTES)
          for (const [index, end] of [far, near].entries()) {
            const found = end.stdout.slice(before[index]).flatMap((line) => {
              const [, reason, name] = DEOPTIMIZED.exec(line) ?? []
              return reason === undefined ? [] : [`${reason}: ${name}`]
            })
            await annotate(found.join('; '))
            expect(found.filter((text) => /^(wrong map|not a Smi)/.test(text))).toEqual([])
            expect(found.length).toBeLessThanOrEqual(MOST_OTHERS)
          }
        },
      )
    }
  },
)

function start(host: LabHost, local: string, peer: string, ...options: string[]): Program {
  const env = { ...process.env, QANAT_NO_REHEARSAL: '' }
  const flags = ['--trace-deopt', '--import', fixture('rehearsal/patient.mjs')]
  const args = [...flags, QANAT, local, peer, ...KEY, ...options, '--log-level', 'debug']
  return host.start(process.execPath, args, { env })
}
