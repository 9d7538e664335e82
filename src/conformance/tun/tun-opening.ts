import { strict as assert } from 'node:assert'
import { asError } from '../../core/api/errors.js'
import type { DefineCase } from '../kit/case.js'
import { expect, expectRejected } from '../kit/expect.js'
import { limited } from '../kit/limited.js'
import { pattern } from '../kit/recorder.js'
import { payloads, type TunLab } from './tun-lab.js'

/** Names that no interface of Linux can have: with a slash, with a space, and of 16 bytes. */
const IMPOSSIBLE = ['kit/0', 'kit 0', 'kit0123456789abc']

/** Tests of what a driver does when it is asked for a device. */
export function testTunOpening(test: DefineCase<TunLab>): void {
  test(
    'opens a device under the name that it is asked for',
    'A device has the `name` that was asked for.',
    async (lab) => {
      const { device } = await lab.start()
      expect(device.name).toBe(lab.name)
    },
  )

  test(
    'picks a name if it is asked for none',
    'Without a `name`, the kernel or the driver picks one, and the device says which.',
    async (lab) => {
      const { name } = (await lab.start(undefined, { name: undefined })).device
      assert.ok(typeof name === 'string' && name !== '', `its name is ${JSON.stringify(name)}`)
    },
  )

  test(
    'refuses a name that is in use',
    'If another device has the name, `open` rejects with a TunError, and that device keeps working.',
    async (lab) => {
      const { host, read } = await lab.start()
      await expectRejected(lab.open(), { name: 'TunError', code: 'ERR_TUN_NAME' })
      await host.send([pattern(50, 1)])
      await lab.until('the other goes on', () => payloads(read).length > 0)
    },
  )

  test(
    'refuses an impossible name, and quotes it',
    'An impossible name is refused with a TunError ERR_TUN_NAME that quotes it; no other name is used instead.',
    async (lab) => {
      for (const name of IMPOSSIBLE) {
        try {
          const device = await lab.open({ name })
          expect(device.name, 'what it is called').toBe(name)
          device.start({ receive() {}, failed() {} })
          await lab.close(device)
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'TunError', code: 'ERR_TUN_NAME' })
          assert.ok(asError(thrown).message.includes(name), `'${name}' is not in: ${asError(thrown).message}`)
        }
      }
    },
  )

  test(
    'awaits what is to be done once the interface exists, and passes its name',
    '`made` is called once, with the name of the interface, and awaited before `open` resolves.',
    async (lab) => {
      const made: string[] = []
      let isDone = false
      const device = await lab.open({
        async made(name) {
          made.push(name)
          await new Promise((resolve) => setImmediate(resolve))
          isDone = true
          return undefined
        },
      })
      const [wasDone, name] = [isDone, device.name]
      device.start({ receive() {}, failed() {} })
      expect(made).toEqual([name])
      expect(wasDone, 'whether it was done').toBe(true)
    },
  )

  test(
    'gives up if that fails, and leaves nothing behind',
    'If `made` throws, `open` rejects with that error and frees the name.',
    async (lab) => {
      const made = async () => {
        throw new Error('not now')
      }
      await expectRejected(lab.open({ made }), { message: 'not now' })
      await lab.start()
    },
  )

  test(
    'says that it lacks the rights',
    'Without the rights that a device needs, `open` rejects with a TunError ERR_TUN_PERMISSION that says so.',
    async (lab) => {
      if (lab.withoutRights === undefined) return // it takes none
      const opening = lab.withoutRights(() => lab.open())
      await limited('it is refused', () =>
        expectRejected(opening, { name: 'TunError', code: 'ERR_TUN_PERMISSION' }),
      )
      const { message } = await opening.then(() => new Error(), asError)
      assert.match(message, /permission|rights?|root|capability/i)
    },
  )
}
