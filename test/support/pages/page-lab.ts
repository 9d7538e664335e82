import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LabHost } from '../../../lab/lab.js'
import { addNamespace, ip, NetworkNamespace, removeNamespaces, WIRE } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'

/** Where commands are typed. */
export interface PlaceToType {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** The folders of the machine that a host changes for itself alone. */
const OWN_FOLDERS = ['/etc', '/root', '/var', '/usr/local', '/usr/share']
/** The bit of the addresses of the router, which all hosts have as their way out. */
const ROUTER = 254

/**
 * Hosts on one network, each with files of its own in the place of the machine's. They share the folder in which commands are
 * typed: what a page has copied from one host to another is there. Names of hosts stand in /etc/hosts of all of them.
 */
export class PageLab {
  /** The folder that the hosts share, where the machine has it. */
  readonly shared = temporaryFolder()
  /** Has the hosts' own files. */
  readonly #private = temporaryFolder()
  readonly #cwd: string
  readonly #environment: readonly string[]
  readonly #path: string
  readonly #prefix: string
  readonly #hosts = new Map<string, LabHost>()
  readonly #router: NetworkNamespace
  readonly #spaces: readonly NetworkNamespace[]

  /**
   * Makes the hosts; if anything fails, what was made until then is removed.
   *
   * @param hosts the names in /etc/hosts of each
   * @param prefix where npm put the program
   * @param cwd where the hosts have the folder that they share
   * @param environment variables of their shells
   */
  constructor(
    hosts: Readonly<Record<string, readonly string[]>>,
    prefix: string,
    { cwd = '/root/vpn', environment = {} }: PlaceToType,
  ) {
    this.#cwd = cwd
    this.#prefix = prefix
    this.#environment = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    this.#path = [
      join(prefix, 'bin'),
      dirname(process.execPath),
      '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ].join(':')
    const id = `qanat-${process.pid}-${randomBytes(3).toString('hex')}`
    this.#router = new NetworkNamespace(`${id}-router`, ROUTER)
    const spaces = Object.keys(hosts).map((name, index) => new NetworkNamespace(`${id}-${name}`, index + 1))
    this.#spaces = [this.#router, ...spaces]
    try {
      for (const { name } of this.#spaces) addNamespace(name)
      this.#wire(spaces)
    } catch (thrown) {
      this.remove()
      throw thrown
    }
    for (const [index, name] of Object.keys(hosts).entries())
      this.#hosts.set(name, new LabHost(spaces[index]!))
    this.#write('hosts', [
      '127.0.0.1 localhost',
      ...Object.entries(hosts).map(([name, names]) => [this.host(name).ipv4, name, ...names].join(' ')),
    ])
  }

  host(name: string): LabHost {
    const host = this.#hosts.get(name)
    if (host === undefined)
      throw new Error(`There is no host '${name}', but ${[...this.#hosts.keys()].join(', ')}`)
    return host
  }

  /** Gives each host its own files. */
  async begin(): Promise<void> {
    await Promise.all([...this.#hosts].map(([name, host]) => host.remount(this.#mounts(name))))
  }

  /** Writes a file where commands are typed. */
  write(name: string, text: string): void {
    const path = join(this.shared, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode: 0o600 })
  }

  /** Types a command into a shell of a host, in the folder where the last one ended. */
  type(name: string, command: string): Program {
    const place = `/run/place`
    const script = `cd "$(cat ${place})"\ntrap 'pwd > ${place}' EXIT\n${command}`
    const env = [
      `npm_config_prefix=${this.#prefix}`,
      `PATH=${this.#path}`,
      'HOME=/root',
      'LANG=C.UTF-8',
      'QANAT_NO_REHEARSAL=1',
      'npm_config_prefer_offline=true',
      'npm_config_ignore_scripts=true',
      'npm_config_audit=false',
      'npm_config_fund=false',
      'npm_config_update_notifier=false',
      ...this.#environment,
    ]
    return this.host(name).start('env', ['-i', ...env, 'bash', '-c', script])
  }

  /** Types commands that are not of the page, one after another, which have to end well. */
  async prepare(name: string, ...commands: readonly string[]): Promise<void> {
    for (const command of commands) await this.type(name, command).output()
  }

  /** Kills all that runs and removes the hosts. */
  remove(): void {
    removeNamespaces(this.#spaces)
  }

  #write(name: string, lines: readonly string[]): void {
    writeFileSync(join(this.#private, name), `${lines.join('\n')}\n`)
  }

  /** Commands of a shell that put a host's own files in the place of the machine's. */
  #mounts(name: string): string {
    const own = join(this.#private, name)
    mkdirSync(own)
    const overlay = (folder: string, index: number) => `
      mkdir -p ${own}/${index}/upper ${own}/${index}/work
      mount -t overlay overlay -o lowerdir=${folder},upperdir=${own}/${index}/upper,workdir=${own}/${index}/work ${folder}`
    return `
      mount -t tmpfs tmpfs ${own}
      ${OWN_FOLDERS.map(overlay).join('\n')}
      mount -t tmpfs tmpfs /run
      rm -f /etc/hosts /etc/resolv.conf
      cp ${join(this.#private, 'hosts')} /etc/hosts
      echo 'nameserver 127.0.0.1' > /etc/resolv.conf
      rm -rf /etc/qanat
      printf '#!/bin/sh\\nexec env "$@"\\n' > /usr/local/bin/sudo
      chmod 755 /usr/local/bin/sudo
      mkdir -p ${this.#cwd}
      mount --bind ${this.shared} ${this.#cwd}
      echo ${this.#cwd} > /run/place`
  }

  #wire(spaces: readonly NetworkNamespace[]): void {
    const { name: router, ipv4, ipv6 } = this.#router
    batch(router, [
      'link set lo up',
      'link add bridge type bridge',
      `address add ${ipv4}/24 dev bridge`,
      `address add ${ipv6}/64 dev bridge nodad`,
      'link set bridge up',
      ...spaces.flatMap(({ name }, index) => [
        `link add port${index} type veth peer name ${WIRE} netns ${name}`,
        `link set port${index} master bridge up`,
      ]),
    ])
    for (const host of spaces) {
      batch(host.name, [
        'link set lo up',
        `address add ${host.ipv4}/24 dev ${WIRE}`,
        `address add ${host.ipv6}/64 dev ${WIRE} nodad`,
        `link set ${WIRE} up`,
        `route add default via ${ipv4}`,
        `route add default via ${ipv6}`,
      ])
    }
  }
}

function batch(namespace: string, lines: readonly string[]): void {
  ip(['-n', namespace, '-batch', '-'], lines)
}
