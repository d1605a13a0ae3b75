/** "1:03", as a player shows a moment or a length. What is beyond whole seconds is left out. */
export function clockTime(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
