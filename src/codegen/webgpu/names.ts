/** Names of the source become identifiers of WGSL, and never anything else. */
import { identifier as javascriptIdentifier, Names } from "../names.ts";

/** Keywords, and words that WGSL keeps for later (WGSL, "Keyword Summary" and "Reserved Words"). */
const reserved: ReadonlySet<string> = new Set(
  `alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if let
   loop override requires return struct switch true var while
   NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become cast catch class
   co_await co_return co_yield coherent column_major common compile compile_fragment concept const_cast consteval
   constexpr constinit crate debugger decltype delete demote demote_to_helper do dynamic_cast enum explicit export
   extends extern external fallthrough filter final finally friend from fxgroup get goto groupshared highp impl
   implements import inline instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut
   mutable namespace new nil noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of
   operator package packoffset partial pass patch pixelfragment precise precision premerge priv protected pub public
   readonly ref regardless register reinterpret_cast require resource restrict self set shared sizeof smooth snorm static
   static_assert static_cast std subroutine super target template this thread_local throw trait try type typedef typeid
   typename typeof union unless unorm unsafe unsized use using varying virtual volatile wgsl where with writeonly yield`.split(
    /\s+/,
  ),
);

/** Words of which the library that reads shaders back (reflect.ts) makes keywords. */
const unreadable: ReadonlySet<string> = new Set(
  `array atomic bitcast block function immediate private ptr read read_write storage uniform vec2 vec3 vec4 workgroup write
   mat2x2 mat2x3 mat2x4 mat3x2 mat3x3 mat3x4 mat4x2 mat4x3 mat4x4 texture_1d texture_2d texture_2d_array texture_3d
   texture_cube texture_cube_array texture_external texture_multisampled_2d texture_storage_1d texture_storage_2d
   texture_storage_2d_array texture_storage_3d`.split(/\s+/),
);

/** Its types, and its functions that shaders call: a name of ours would hide them. */
const predeclared: ReadonlySet<string> = new Set(
  `bool f16 f32 i32 u32 array atomic ptr vec2 vec3 vec4 vec2f vec3f vec4f vec2i vec3i vec4i vec2u vec3u vec4u vec2h
   vec3h vec4h mat2x2 mat2x3 mat2x4 mat3x2 mat3x3 mat3x4 mat4x2 mat4x3 mat4x4 sampler function private workgroup
   uniform storage read write read_write
   abs all any bitcast clamp cos dot exp exp2 floor fma fract ldexp log log2 max min mix pow round select sign sin sqrt
   step storageBarrier tanh trunc workgroupBarrier workgroupUniformLoad`.split(/\s+/),
);

/** An identifier of WGSL: as one of JavaScript, but it may not begin with two underscores, nor be one. */
function identifier(text: string): string {
  const name = javascriptIdentifier(text).replace(/^_(?=_|$)/u, "x_");
  return reserved.has(name) || unreadable.has(name) ? `${name}_` : name;
}

/** The names of a shader, or of a scope in it. */
export function wgslNames(parent: Names | null = null): Names {
  return new Names(parent, (text) => {
    const name = identifier(text);
    return predeclared.has(name) ? `${name}_` : name;
  });
}

/** The names of members, which hide nothing. */
export function memberNames(): Names {
  return new Names(null, identifier);
}
