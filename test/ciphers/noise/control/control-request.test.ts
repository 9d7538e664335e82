import { describe, expect, it } from 'vitest'
import { ControlRequest } from '../../../../src/ciphers/noise/control/control-request.js'
import { Deadline } from '../../../../src/core/time/deadline.js'

describe('ControlRequest', () => {
  it('lowers the deadline to when it is to be sent, first and again', () => {
    const deadline = new Deadline()
    const request = new ControlRequest(deadline)
    request.begin(1, 5)
    expect(deadline.at).toBe(5)
    deadline.at = Number.POSITIVE_INFINITY
    request.send(5)
    expect([deadline.at, request.nextAt]).toEqual([1_005, 1_005])
  })

  it('is over after three times', () => {
    const request = new ControlRequest(new Deadline())
    request.begin(1, 0)
    expect([0, 1_000, 3_000, 7_000].map((now) => request.send(now))).toEqual([true, true, true, false])
    expect(request.isOpen).toBe(false)
  })
})
