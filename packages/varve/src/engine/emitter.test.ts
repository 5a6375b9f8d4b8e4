import { describe, expect, it } from 'vitest'
import { createEmitter } from './emitter.ts'

const thrown: unknown[] = []
const create = () => createEmitter<number>((error) => thrown.push(error))

describe('an emitter', () => {
  it('tells each listener until it stops, in the order in which they came', () => {
    const heard: string[] = []
    const emitter = create()
    const stop = emitter.listen((value) => heard.push(`a${value}`))
    emitter.listen((value) => heard.push(`b${value}`))
    emitter.emit(1)
    stop()
    stop()
    emitter.emit(2)
    expect(heard).toEqual(['a1', 'b1', 'b2'])
  })

  it('who comes while a value is told hears the next, who stops hears nothing', () => {
    const heard: string[] = []
    const emitter = create()
    emitter.listen(() => {
      stop()
      emitter.listen((value) => heard.push(`new${value}`))
    })
    const stop = emitter.listen((value) => heard.push(`stopped${value}`))
    emitter.emit(1)
    expect(heard).toEqual([])
    emitter.emit(2)
    expect(heard).toEqual(['new2'])
  })

  it('reports what a listener throws and tells the others', () => {
    const heard: number[] = []
    const emitter = create()
    emitter.listen(() => {
      throw new Error('mine')
    })
    emitter.listen((value) => heard.push(value))
    emitter.emit(1)
    expect(heard).toEqual([1])
    expect(thrown.splice(0)).toEqual([new Error('mine')])
  })

  it('is silent once it is closed, also in the middle', () => {
    const heard: number[] = []
    const emitter = create()
    emitter.listen(() => emitter.close())
    emitter.listen((value) => heard.push(value))
    emitter.emit(1)
    emitter.listen((value) => heard.push(value))
    emitter.emit(2)
    expect(heard).toEqual([])
  })
})
