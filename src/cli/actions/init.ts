import { randomBytes } from 'node:crypto'
import { basename, join, resolve } from 'node:path'
import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { generatePrivateKey, publicKeyOf } from '../../ciphers/keys/keys.js'
import { isPath } from '../../config/build/plugin-options.js'
import { createFiles, type NewFile } from '../../config/files/write-files.js'
import { type Certificate, firstFiles } from '../../config/init/first-files.js'
import { type Answers, checkAnswer, questions } from '../../config/init/questions.js'
import { ConfigError } from '../../core/api/errors.js'
import { silentLogger } from '../../core/api/logger.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { ask, Terminal } from '../options/ask.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print } from '../output/output.js'

/** Of whom a certificate is that `init` makes. */
const SELF_SIGNED = 'self-signed'

/** What gets out of networks that let only the web pass: UDP first, which is the fastest if it does get through. */
const ONLY_443 = 'udp, wss'

/** The options of `init`. */
export interface InitOptions extends Partial<Answers> {
  readonly folder: string
  readonly plugin: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tls?: string
  readonly only443?: boolean
}

/** Writes the two files, after asking for what is missing. */
export async function init(asked: InitOptions): Promise<number> {
  const options = asked.only443 === true ? withOnly443(asked) : asked
  const traits = await traitsWith(options.plugin)
  const answers = await answersOf(options, traits)
  const [server, client] = [generatePrivateKey(), generatePrivateKey()]
  const keys = {
    serverPrivateKey: server,
    serverPublicKey: publicKeyOf(server),
    privateKey: client,
    publicKey: publicKeyOf(client),
    plugins: options.plugin.map((plugin) => (isPath(plugin) ? resolve(plugin) : plugin)),
  }
  const own = await selfSigned(options, answers.host)
  const certificate = own?.certificate ?? givenCertificate(options)
  const texts = firstFiles(answers, keys, certificate, traits)
  const paths = {
    server: join(options.folder, 'server.toml'),
    client: join(options.folder, `${answers.client}.toml`),
  }
  createFiles([
    { path: paths.server, text: texts.server },
    { path: paths.client, text: texts.client },
    ...(own?.files ?? []),
  ])
  print(
    `${paths.server}: on the server, run "sudo qanat up ${paths.server}"
${paths.client}: copy it to the client over a secure channel, and run "sudo qanat up ${basename(paths.client)}" there
more clients: "qanat add-client NAME --config ${paths.server} -o NAME.toml", or NAME.conf for WireGuard's own programs
`,
  )
  return EXIT_OK
}

/** The options that `--only-443` stands for. */
function withOnly443(options: InitOptions): InitOptions {
  const { tls = SELF_SIGNED, tlsCert, transports } = options
  if (transports !== undefined) {
    const why = `leave --transports out, it stands for '${ONLY_443}'`
    throw new ConfigError(`Cannot use --only-443: ${why}`, { code: 'ERR_CONFIG_VALUE' })
  }
  return { ...options, transports: ONLY_443, ...(tlsCert === undefined && { tls }) }
}

/** The certificate that the server has already; its paths count from the current folder. */
function givenCertificate({ tlsCert, tlsKey }: InitOptions): Certificate | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  return { certFile: resolve(tlsCert), keyFile: resolve(tlsKey) }
}

/** A new certificate that is signed by itself, if that is asked for, and the files to put it into. */
async function selfSigned(
  { folder, tls, tlsCert, tlsKey }: InitOptions,
  host: string,
): Promise<{ readonly certificate: Certificate; readonly files: readonly NewFile[] } | undefined> {
  if (tls === undefined) return undefined
  if (tls !== SELF_SIGNED || tlsCert !== undefined || tlsKey !== undefined) {
    const why = tls === SELF_SIGNED ? 'leave --tls-cert and --tls-key out, or it' : `it is '${SELF_SIGNED}'`
    throw new ConfigError(`Cannot use --tls '${tls}': ${why}`, { code: 'ERR_CONFIG_VALUE' })
  }
  const { makeSelfSigned } = await import('../../config/certificates/self-signed.js') // seldom needed
  const made = await makeSelfSigned(host, Date.now())
  const [certFile, keyFile] = ['server.crt', 'server.key']
  return {
    certificate: { certFile, keyFile, pin: made.pin },
    files: [
      { path: join(folder, certFile), text: made.certificate },
      { path: join(folder, keyFile), text: made.key },
    ],
  }
}

/** What is known of the parts that there are, and of those of plugins, which are loaded if there are any. */
async function traitsWith(plugins: readonly string[]): Promise<PartTraits> {
  if (plugins.length === 0) return BUILT_IN_TRAITS
  const { createContainer } = await import('../../app/container.js')
  const { partTraitsOf } = await import('../../app/plugins/plugins.js')
  return partTraitsOf(await createContainer(silentLogger, plugins))
}

/** What options do not say is asked for on a terminal; elsewhere the usual answer is taken. */
async function answersOf(options: InitOptions, traits: PartTraits): Promise<Answers> {
  const all = questions(randomBytes, traits)
  for (const question of all) {
    const given = options[question.name]
    if (given !== undefined) checkAnswer(question, given)
  }
  const terminal = process.stdin.isTTY && process.stderr.isTTY ? new Terminal() : undefined
  try {
    const answers: Partial<Record<keyof Answers, string>> = {}
    for (const question of all) {
      const given = options[question.name]
      const answer = given ?? (terminal === undefined ? question.usual : await ask(terminal, question))
      if (answer === undefined) {
        throw new ConfigError(`Cannot prompt without a terminal: give --${question.name}`, {
          code: 'ERR_CONFIG_MISSING',
        })
      }
      answers[question.name] = answer
    }
    return answers as Answers
  } finally {
    terminal?.close()
  }
}
