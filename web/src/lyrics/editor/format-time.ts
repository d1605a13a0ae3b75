/** Milliseconds as "1:07.35". */
export function formatTime(ms: number): string {
  const hundredths = Math.round(ms / 10)
  const [minutes, rest] = [Math.floor(hundredths / 6_000), hundredths % 6_000]
  return `${minutes}:${(rest / 100).toFixed(2).padStart(5, '0')}`
}
