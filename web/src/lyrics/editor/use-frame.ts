import { useEffect, useRef } from 'preact/hooks'

/** Runs in every frame while the component is there. */
export function useFrame(run: () => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    let frame = requestAnimationFrame(function each() {
      latest.current()
      frame = requestAnimationFrame(each)
    })
    return () => cancelAnimationFrame(frame)
  }, [])
}
