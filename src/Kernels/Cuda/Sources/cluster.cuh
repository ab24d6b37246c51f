// CTAs of a cluster work on one row and read each other's shared memory (compute capability 9.0); below, a cluster is one CTA.
#ifndef CLUSTER_CUH
#define CLUSTER_CUH

#ifndef CLUSTER
#define CLUSTER 1
#endif

#if CLUSTER > 1
#define CLUSTER_DIMENSIONS __cluster_dims__(CLUSTER, 1, 1)

__device__ __forceinline__ unsigned cluster_rank()
{
    unsigned rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}

// All threads of all CTAs of the cluster; what they wrote before is visible to all after (release and acquire are the defaults).
__device__ __forceinline__ void cluster_sync()
{
    asm volatile("barrier.cluster.arrive.aligned;" ::: "memory");
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
}

// What another CTA of the cluster has at this CTA's shared address. That CTA must not have ended.
__device__ __forceinline__ unsigned cluster_load(const unsigned* shared, unsigned rank)
{
    unsigned address = (unsigned)__cvta_generic_to_shared(shared), value;
    asm volatile("{ .reg .u32 remote; mapa.shared::cluster.u32 remote, %1, %2; ld.shared::cluster.u32 %0, [remote]; }"
                 : "=r"(value)
                 : "r"(address), "r"(rank)
                 : "memory");
    return value;
}
#else
#define CLUSTER_DIMENSIONS

__device__ __forceinline__ unsigned cluster_rank()
{
    return 0;
}

__device__ __forceinline__ void cluster_sync()
{
    __syncthreads();
}

__device__ __forceinline__ unsigned cluster_load(const unsigned* shared, unsigned)
{
    return *shared;
}
#endif

#endif
