import { Component, type ReactNode } from 'react'

/** Shows by its code which error a hook has thrown. */
export class Boundary extends Component<{ children: ReactNode }, { code: string | null }> {
  override state = { code: null as string | null }
  static getDerivedStateFromError(error: { code?: string }) {
    return { code: error.code ?? 'unknown' }
  }
  override render() {
    return this.state.code === null ? this.props.children : `failed: ${this.state.code}`
  }
}
