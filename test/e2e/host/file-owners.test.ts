import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { type LabHost, QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { expectRefusal } from '../../support/refusal.js'

const NOBODY = 65_534
const CALLER = 1_000
const OTHERS = 'so others may choose its hooks; run "chmod go-w'

describeWhere(['root', '/dev/net/tun', 'program ip'], 'what root runs', () => {
  const lab = groupLab()
  /** Where anybody may write; the test's file is in a folder below. */
  let folder: string
  let path: string
  let said: string
  beforeEach(() => {
    folder = temporaryFolder()
    chmodSync(folder, 0o711)
    said = join(folder, 'said')
    mkdirSync(join(folder, 'own'))
    path = join(folder, 'own/owned.toml')
    writeFileSync(said, '')
    chmodSync(said, 0o666)
  })

  function write(...lines: string[]): void {
    const own = ['[interface]', 'cipher = "xor"', 'key = "12"', 'address = ["10.7.0.1/24"]', ...lines]
    writeFileSync(path, [...own, 'listen = ["udp://[::]:0"]', '[[peer]]', ''].join('\n'), { mode: 0o600 })
  }

  /** Hooks that write down who runs them. */
  function writeHooks(...names: string[]): void {
    write(...names.map((name) => `${name} = ["echo ${name} $(id -u) $(id -g) >> ${said}"]`))
  }

  function qanat(host: LabHost, ...args: string[]): Program {
    return qanatWith({}, host, ...args)
  }

  function qanatWith(env: NodeJS.ProcessEnv, host: LabHost, ...args: string[]): Program {
    return host.start(process.execPath, [QANAT, ...args], {
      cwd: folder,
      env: { ...process.env, RUNTIME_DIRECTORY: join(folder, 'run'), SUDO_UID: undefined, ...env },
    })
  }

  it('is not said by a file, or in a folder, that others can write', async () => {
    writeHooks('pre-up')
    const refused = () =>
      Promise.all(
        ['up', 'check'].map((command) => expectRefusal(qanat(lab.near, command, path), [path, OTHERS])),
      )
    chmodSync(join(folder, 'own'), 0o777)
    await refused()
    chmodSync(join(folder, 'own'), 0o755)
    chmodSync(path, 0o620)
    await expectRefusal(qanat(lab.near, 'up', path), [path, '620', 'chmod go-w'])
    expect(readFileSync(said, 'utf8')).toBe('')
    expect(await lab.near.tunnels()).toEqual([])
  })

  it("is not said by another user: that user's hooks run as that user, also after kill -9", async () => {
    writeHooks('pre-up', 'post-up', 'pre-down', 'post-down')
    chownSync(join(folder, 'own'), NOBODY, NOBODY)
    chownSync(path, NOBODY, NOBODY)
    const first = qanat(lab.near, 'up', path)
    await eventually('post-up ran', () => readFileSync(said, 'utf8').includes('post-up'))
    await qanat(lab.near, 'down', path).output()
    await first.ending()
    const lines = (...names: string[]) => names.map((name) => `${name} ${NOBODY} ${NOBODY}\n`).join('')
    const all = lines('pre-up', 'post-up', 'pre-down', 'post-down')
    expect(readFileSync(said, 'utf8')).toBe(all)

    const second = qanat(lab.near, 'up', path)
    await eventually('post-up ran again', () => readFileSync(said, 'utf8').split('post-up').length > 2)
    second.kill('SIGKILL')
    await second.ending() // and its guard's, who restored the host
    expect(readFileSync(said, 'utf8')).toBe(all + all)
  })

  it('is not said by the user that the tunnel runs as, who can write the file', async () => {
    writeHooks('pre-up')
    chownSync(path, NOBODY, NOBODY)
    const says = [`${path} belongs to user ${NOBODY}, whom the tunnel runs as`, 'chown root']
    await expectRefusal(qanat(lab.near, 'up', path, '--user', 'nobody'), says)
    expect(readFileSync(said, 'utf8')).toBe('')
  })

  describeWhere(['koffi'], 'by a file of whoever called sudo', () => {
    it('is told of once, and judged at a reload as at the start, though root is given up by then', async () => {
      writeHooks('pre-up')
      chownSync(path, CALLER, NOBODY)
      chmodSync(path, 0o640)
      const env = { SUDO_UID: String(CALLER) }
      const tunnel = qanatWith(env, lab.near, 'up', path, '--user', 'nobody')
      await tunnel.line('dropped root')
      expect(readFileSync(said, 'utf8')).toBe('pre-up 0 0\n')
      const warning = `its hooks run as root, and user ${CALLER} can write them`
      expect(tunnel.stderr.filter((line) => line.includes(warning))).toHaveLength(1)
      chmodSync(folder, 0o755)
      expect(await qanatWith(env, lab.near, 'reload', path).output()).toContain('applied')
      tunnel.kill('SIGTERM')
      await tunnel.ending()
    })
  })

  it('is no plugin that others can write', async () => {
    const plugin = join(folder, 'own/plugin.mjs')
    writeFileSync(plugin, `import fs from 'node:fs'; fs.writeFileSync('${folder}/ran', '')`)
    chmodSync(plugin, 0o666)
    write('plugins = ["./plugin.mjs"]')
    await expectRefusal(qanat(lab.near, 'up', path), [plugin, 'mode 666', 'chmod go-w'])
    chmodSync(plugin, 0o644)
    chownSync(plugin, NOBODY, NOBODY)
    await expectRefusal(qanat(lab.near, 'up', path), [plugin, `belongs to user ${NOBODY}`])
    expect(existsSync(join(folder, 'ran'))).toBe(false)
  })

  it('may have a key that its own group reads, or others if they are allowed to', async () => {
    write()
    chmodSync(path, 0o640)
    await qanat(lab.near, 'check', path).output()
    chownSync(path, 0, NOBODY)
    await expectRefusal(qanat(lab.near, 'check', path), ['640', 'others may read its keys'])
    const told = async (tunnel: ReturnType<typeof qanat>) => {
      await tunnel.output()
      return tunnel.stderr.filter((line) => line.includes('others may'))
    }
    const line = (verb: string) => [
      `qanat: ${path}: others may ${verb} the keys in ${path}, which was allowed`,
    ]
    expect(await told(qanat(lab.near, 'check', '--allow-readable-keys', path))).toEqual(line('read'))
    const allowed = qanatWith({ QANAT_ALLOW_READABLE_KEYS: '1' }, lab.near, 'check', path)
    expect(await told(allowed)).toEqual(line('read'))
    chmodSync(path, 0o777)
    await expectRefusal(qanat(lab.near, 'check', '--allow-readable-keys', path), ['--allow-writable-files'])
    expect(await told(qanat(lab.near, 'check', '--allow-writable-files', path))).toEqual(line('change'))
  })
})
