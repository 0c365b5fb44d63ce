"""Find why requests fail, from the objects of a cluster and their status. Pure: objects in, a `Diagnosis` out."""
