import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { HostError } from '../../../src/core/api/errors.js'
import { patiently } from '../../../src/host/programs/patiently.js'
import { turns } from '../../support/eventually.js'

function failure(code: string): HostError {
  const cause = Object.assign(new Error(`spawn ip ${code}`), { code })
  return new HostError(`Cannot run 'ip rule': ${cause.message}`, { code: 'ERR_HOST_CHANGE', cause })
}

describe('patiently', () => {
  it.each(['EMFILE', 'ENFILE', 'EAGAIN'])(
    'tries again where a program cannot be started for %s',
    async (code) => {
      const clock = new VirtualClock()
      let attempts = 0
      const done = patiently(clock, async () => {
        if (++attempts < 3) throw failure(code)
        return 'done'
      })
      for (let pause = 0; pause < 2; pause++) {
        await turns(2)
        clock.advance(100)
      }
      expect(await done).toBe('done')
      expect(attempts).toBe(3)
    },
  )

  it('gives up after 5 s, with what went wrong last', async () => {
    const clock = new VirtualClock()
    const begun = clock.now()
    const last = failure('EMFILE')
    const done = expect(patiently(clock, () => Promise.reject(last))).rejects.toBe(last)
    while (clock.now() - begun < 5_000) {
      await turns(2)
      clock.advance(100)
    }
    await done
  })

  it('tries nothing twice that failed for another reason', async () => {
    let attempts = 0
    const work = async () => {
      attempts++
      throw failure('ENOENT')
    }
    await expect(patiently(new VirtualClock(), work)).rejects.toThrow('ENOENT')
    expect(attempts).toBe(1)
  })
})
