import { afterEach, expect, it, vi } from 'vitest'
import { callerOf } from '../../../src/config/trust/caller.js'

afterEach(() => vi.restoreAllMocks())

function trusted(uid: number, environment: Record<string, string>): number[] {
  vi.spyOn(process, 'getuid').mockReturnValue(uid)
  return [...callerOf(environment).trusted]
}

it.each([
  ['root', 0, {}, [0]],
  ['root whom a user called by sudo', 0, { SUDO_UID: '1000' }, [0, 1000]],
  ['root whom root called', 0, { SUDO_UID: '0' }, [0]],
  ['root with nonsense around it', 0, { SUDO_UID: '-1' }, [0]],
  ['a user who says that he was called by another', 1001, { SUDO_UID: '1000' }, [1001]],
])('trusts those who may decide for %s', (_what, uid, environment, users) => {
  expect(trusted(uid, environment)).toEqual(users)
})
