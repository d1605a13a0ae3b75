import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The Python interpreter of a virtual environment in .cache with these packages. Makes the environment if it is incomplete. */
export function pythonWith(name: string, packages: readonly string[]): string {
  const place = fileURLToPath(new URL(`../.cache/${name}`, import.meta.url))
  const interpreter = `${place}/bin/python`
  if (existsSync(`${place}/ready`)) return interpreter
  console.log(`Making a virtual environment with ${packages.join(', ')} (once) …`)
  execFileSync('python3', ['-m', 'venv', place], { stdio: 'inherit' })
  execFileSync(interpreter, ['-m', 'pip', 'install', '-q', ...packages], { stdio: 'inherit' })
  writeFileSync(`${place}/ready`, '')
  return interpreter
}
