// drop-privileges.mjs USER: becomes USER, then prints the rights of all its threads, of a child, and what root's file says.
import { execFileSync } from 'node:child_process'
import { promises, readdirSync, readFileSync } from 'node:fs'
import { checkMayDrop, dropPrivileges } from '../../../dist/src/native/process/drop-privileges.js'
import { findUser } from '../../../dist/src/native/process/users.js'

const FIELDS = ['Uid', 'Gid', 'Groups', 'CapPrm', 'CapEff']

function rightsIn(status) {
  return Object.fromEntries(
    FIELDS.map((name) => [
      name,
      new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)[1].split('\t').join(' '),
    ]),
  )
}

const outcome = (act) => {
  try {
    act()
    return 'done'
  } catch (thrown) {
    return thrown.code
  }
}

const threads = () =>
  readdirSync('/proc/self/task').map((id) => rightsIn(readFileSync(`/proc/self/task/${id}/status`, 'utf8')))

try {
  const user = findUser(process.argv[2])
  checkMayDrop(user)
  await promises.readFile(import.meta.filename) // libuv's pool is there before
  dropPrivileges(user)
  await promises.readFile(import.meta.filename) // and afterwards
  const child = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' })
  const status = child('cat', '/proc/self/status')
  const result = {
    main: rightsIn(readFileSync('/proc/self/status', 'utf8')),
    threads: threads(),
    child: {
      ...rightsIn(status),
      bounding: /^CapBnd:\s+(\w+)$/m.exec(status)[1],
      noNewPrivileges: /^NoNewPrivs:\s+(\d)$/m.exec(status)[1],
    },
    interface: child('ip', 'link', 'add', 'privileged', 'type', 'veth'),
    rootAgain: outcome(() => process.setuid(0)),
    shadow: outcome(() => readFileSync('/etc/shadow')),
  }
  process.stdout.write(JSON.stringify(result))
} catch (thrown) {
  process.stdout.write(JSON.stringify({ code: thrown.code, message: thrown.message }))
}
