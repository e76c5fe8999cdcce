"""An independent ray caster: embreex shares no code with the renderer."""

import numpy as np

from dav2.geometry import intrinsics_from_fov, pixel_rays
from dav2.render.loading import load
from dav2.render.tracing import _axes, _first_hit, trace_surface
from dav2.scenery.meshes import merge
from dav2.scenery.scene import Scene


def nearest_hit(corners, origin, direction):
    """Measure to the first triangle in units of `direction`, in float64 (Moeller and Trumbore)."""
    a, ab, ac = corners
    p = np.cross(direction, ac)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / (ab * p).sum(1)
        u = ((origin - a) * p).sum(1) * scale
        able = (u >= 0) & (u <= 1)
        q = np.cross(origin - a[able], ab[able])
        v = (q @ direction) * scale[able]
        t = (ac[able] * q).sum(1) * scale[able]
        hit = (v >= 0) & (u[able] + v <= 1) & (t > 0)
    return t[hit].min() if hit.any() else np.inf


def single(values):
    """Round to float32."""
    return np.asarray(values).astype(np.float32).astype(float)


def alike(depth, expected):
    """Say of each value whether both are near each other, or sky."""
    return np.isclose(depth, expected, rtol=1e-4) | (np.isinf(depth) & np.isinf(expected))


def assert_depth_of_a_ray_caster(scene: Scene) -> None:
    """Compare the renderer's depth of a scene with embreex's.

    Both cast in float32 and disagree about some rays in ten thousand, which all pass within about
    1e-4 of a triangle's edge. There float64 decides, on the same float32 numbers, and nearly always
    for the renderer.
    """
    import trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    width, height = 192, 144
    camera = scene.camera(np.random.default_rng(1))
    loaded = load(scene)
    depth = trace_surface(loaded, camera, (width, height)).depth
    whole = merge([part.mesh for part in scene.parts])
    intersector = RayMeshIntersector(trimesh.Trimesh(whole.vertices, whole.faces, process=False))
    fine = intrinsics_from_fov(width * 3, height * 3, camera.fov)
    directions = pixel_rays(fine, height * 3, width * 3).reshape(-1, 3) @ _axes(camera)[0]
    origins = np.broadcast_to(camera.position, directions.shape)
    hits, rays, _ = intersector.intersects_location(origins, directions, multiple_hits=False)
    z = np.full(len(directions), np.inf)
    z[rays] = (hits - camera.position) @ _axes(camera)[0][2]

    lengths = np.linalg.norm(directions, axis=1)
    ours = _first_hit(loaded, camera.position, directions / lengths[:, None])[0] / lengths
    disputed = np.flatnonzero(~alike(ours, z))
    assert len(disputed) < 5e-4 * len(z)
    corners = single(whole.vertices)[whole.faces.T]
    corners[1:] -= corners[0]
    for ray in disputed:
        unit = single(directions[ray] / lengths[ray])
        z[ray] = nearest_hit(corners, single(camera.position), unit) / lengths[ray]
    blocks = z.reshape(height, 3, width, 3).transpose(0, 2, 1, 3).reshape(height, width, 9)
    expected = np.sort(blocks, -1)[..., 4]
    assert alike(depth, expected).mean() >= 0.9999
    np.testing.assert_array_equal(np.isinf(depth), np.isinf(expected))
