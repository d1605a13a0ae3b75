import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The token that `hf auth login` has saved in $HF_HOME/token; null when there is none. */
export async function hubToken(): Promise<string | null> {
  const home = process.env['HF_HOME'] || join(homedir(), '.cache', 'huggingface')
  const text = await readFile(process.env['HF_TOKEN_PATH'] || join(home, 'token'), 'utf8').catch(() => '')
  return text.trim() || null
}
