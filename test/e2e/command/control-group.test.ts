import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupSocketOf } from '../../../src/control/group/group-socket.js'
import { ROOTS_FOLDER } from '../../../src/control/run-folder.js'
import { filesOf, socketOf } from '../../../src/control/run-lock.js'
import { GROUP, GROUP_KEY, groupFile, groupText } from '../../support/config/group-tunnel.js'
import { READABLE_QANAT, type SomeUser, startBy } from '../../support/e2e/by-user.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { expectRefusal } from '../../support/refusal.js'

/** Where nobody is. */
const ENDPOINT = 'udp://127.0.0.1:9'
const MEMBER = { uid: 54_001, groups: [GROUP] }
const STRANGER = { uid: 54_002 }

/** Says what a socket answers to lines, or why it cannot be asked. */
const SPEAK = `
const [path, ...lines] = process.argv.slice(1)
const socket = require('node:net').connect(path)
let said = ''
socket.on('error', ({ code }) => console.log(code))
socket.on('data', (chunk) => {
  said += chunk
  if (said.split('\\n').length > lines.length) socket.destroy()
})
socket.on('close', () => process.stdout.write(said))
socket.write(lines.map((line) => line + '\\n').join(''))
`

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program setpriv'],
  "a tunnel of root's with a control-group",
  () => {
    const lab = groupLab()

    it('is asked, reloaded and ended by its members, who can do nothing else, and by no stranger, who is told what helps', async () => {
      const file = groupFile(ENDPOINT)
      const socket = socketOf(file, ROOTS_FOLDER)
      const started = lab.near.qanat('up', file, '--detach', '--log-file', join(temporaryFolder(), 'log'))
      await started.output()

      const status = await as(MEMBER, 'status', '--json').output()
      const { tunnels } = JSON.parse(status) as { tunnels: { file: string }[] }
      expect(tunnels.find((one) => one.file === file)).toMatchObject({ peers: [{ name: 'hub' }] })
      expect(status).not.toContain(GROUP_KEY)
      const remedies = [`members of the group '${GROUP}'`, 'EACCES', 'usermod -a -G', 'sudo']
      for (const command of ['status', 'down']) await expectRefusal(as(STRANGER, command, file), remedies)

      const asked = ['add-client', 'set', 'keys'].map((ask) => JSON.stringify({ qanat: 1, ask }))
      const named = JSON.stringify({ qanat: 1, ask: 'reload', file: '/etc/passwd' })
      const login = JSON.stringify({ qanat: 1, ask: 'login' })
      const answers = await speak(MEMBER, groupSocketOf(socket), ...asked, 'set=1', 'get=1', named, login)
      const errors = answers.map((line) => JSON.parse(line).error?.message)
      expect(errors.slice(0, 3)).toEqual(asked.map(() => expect.stringContaining("'ask' is unknown")))
      expect(errors.slice(3, 5)).toEqual(['', ''].map(() => expect.stringContaining('this is not a request')))
      expect(JSON.parse(answers[5]!)).toMatchObject({ answer: { peers: 1 } }) // of its own file
      expect(errors[6]).toContain("'login' is for the tunnel's owner alone; use sudo")
      expect(await speak(MEMBER, socket)).toEqual(['EACCES'])
      expect(await speak(STRANGER, groupSocketOf(socket))).toEqual(['EACCES'])

      writeFileSync(file, groupText(ENDPOINT, 'office'))
      expect(await as(MEMBER, 'reload', file).output()).toContain('office came; hub went')
      await as(MEMBER, 'down', file).output()
      expect(filesOf(file, ROOTS_FOLDER)).toEqual([])
    })

    it('is theirs after it gave up root, too, and leaves no socket behind', async () => {
      const file = groupFile(ENDPOINT)
      const tunnel = lab.near.qanat('up', file, '--user', 'nobody')
      await tunnel.line('dropped root')
      expect(await as(MEMBER, 'reload', file).output()).toContain('1 peer')
      await expectRefusal(as(STRANGER, 'down', file), [`members of the group '${GROUP}'`])
      await as(MEMBER, 'down', file).output()
      expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
      expect(tunnel.stderr.join('\n')).toContain(`qanat down, by a member of the group ${GROUP}`)
      expect(filesOf(file, ROOTS_FOLDER)).toEqual([])
    })

    function as(user: SomeUser, ...args: string[]): Program {
      return startBy(user, lab.near, [process.execPath, READABLE_QANAT, ...args])
    }

    async function speak(user: SomeUser, path: string, ...lines: string[]): Promise<string[]> {
      const said = startBy(user, lab.near, [process.execPath, '-e', SPEAK, path, ...lines])
      return (await said.output()).split('\n')
    }
  },
)
