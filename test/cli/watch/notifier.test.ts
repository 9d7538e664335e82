import { expect, it } from 'vitest'
import { findNotifier } from '../../../src/cli/watch/notifier.js'

const DESKTOP = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }

it('is refused to root, without a desktop, and if no program can show a notice, each with what helps', () => {
  const nothing = () => undefined
  expect(() => findNotifier(DESKTOP, 0, nothing)).toThrow(
    /^Cannot notify: root has no desktop; run it as yourself/,
  )
  expect(() => findNotifier({}, 1_000, nothing)).toThrow(/no session bus .*; run it in a desktop session/)
  expect(() => findNotifier({ XDG_RUNTIME_DIR: '/nowhere' }, 1_000, nothing)).toThrow(/no session bus/)
  expect(() => findNotifier(DESKTOP, 1_000, nothing)).toThrow(/"sudo apt install libnotify-bin"/)
  expect(findNotifier(DESKTOP, 1_000, (name) => `/usr/bin/${name}`)).toBeTypeOf('function')
})
