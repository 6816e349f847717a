#include "TensorKernels.h"
#include <math.h>
#include <string.h>
tk_level tk_get_level(void){return 0;} void tk_set_level(tk_level l){(void)l;}
static int T=1; void tk_set_threads(int c){T=c;} int tk_get_threads(void){return T;}
void tk_parallel(size_t n, void(*f)(size_t,void*), void*c){for(size_t i=0;i<n;i++)f(i,c);}
static float un(int op,float x,float p,float q){switch(op){
case TK_NEGATE:return -x;case TK_ABS:return fabsf(x);case TK_SIGN:return (x>0)-(x<0);case TK_SQUARE:return x*x;case TK_SQRT:return sqrtf(x);
case TK_RSQRT:return 1/sqrtf(x);case TK_RECIPROCAL:return 1/x;case TK_EXP:return expf(x);case TK_EXPM1:return expm1f(x);case TK_LOG:return logf(x);
case TK_LOG1P:return log1pf(x);case TK_SIN:return sinf(x);case TK_COS:return cosf(x);case TK_TANH:return tanhf(x);case TK_SIGMOID:return x>=0?1/(1+expf(-x)):expf(x)/(1+expf(x));
case TK_SOFTPLUS:return x>20?x:log1pf(expf(x));case TK_ERF:return erff(x);case TK_RELU_UNARY:return x>0?x:(isnan(x)?x:0);case TK_GELU_UNARY:return 0.5*x*(1+erf(x/sqrt(2)));
case TK_GELU_TANH:return 0.5*x*(1+tanh(sqrt(2/M_PI)*(x+0.044715*x*x*x)));case TK_SILU:return x/(1+expf(-x));case TK_FLOOR:return floorf(x);case TK_ROUND:return rintf(x);
case TK_SCALE_ADD:return fmaf(p,x,q);case TK_CLAMP:return x<p?p:x>q?q:x;case TK_POWER:return powf(x,p);case TK_GREATER:return x>p;}return 0;}
void tk_unary(tk_unary_operation o,const float*x,float*y,size_t n,float p,float q){for(size_t i=0;i<n;i++)y[i]=un(o,x[i],p,q);}
static float ug(int op,float x){double d=x;switch(op){case TK_RELU_UNARY:return x>0;case TK_GELU_UNARY:return 0.5*(1+erf(d/sqrt(2)))+d*exp(-d*d/2)/sqrt(2*M_PI);
case TK_GELU_TANH:{double c=sqrt(2/M_PI),t=tanh(c*(d+0.044715*d*d*d));return 0.5*(1+t)+0.5*d*(1-t*t)*c*(1+3*0.044715*d*d);}
case TK_SILU:{double s=1/(1+exp(-d));return s*(1+d*(1-s));}case TK_SIN:return cos(d);case TK_COS:return -sin(d);case TK_TANH:return 1-d*d;case TK_SIGMOID:return d*(1-d);
case TK_SOFTPLUS:return x>20?1:1/(1+exp(-d));case TK_ABS:return (x>0)-(x<0);case TK_EXP:return x;case TK_SQRT:return 0.5/d;case TK_ERF:return 2/sqrt(M_PI)*exp(-d*d);}return NAN;}
void tk_unary_gradient(tk_unary_operation o,const float*x,const float*g,float*dx,size_t n){for(size_t i=0;i<n;i++)dx[i]=g[i]*ug(o,x[i]);}
static float bi(int op,float a,float b){switch(op){case TK_ADD:return a+b;case TK_SUBTRACT:return a-b;case TK_MULTIPLY:return a*b;case TK_DIVIDE:return a/b;
case TK_MAXIMUM:return isnan(a)||isnan(b)?NAN:a>b?a:b;case TK_MINIMUM:return isnan(a)||isnan(b)?NAN:a<b?a:b;case TK_EQUAL:return a==b;case TK_LESS:return a<b;case TK_LESS_EQUAL:return a<=b;case TK_TIE_SHARE:return a>b?1:a==b?0.5:0;}return 0;}
static void walk(int r,const size_t*s,size_t i,size_t*ix){for(int k=r-1;k>=0;k--){ix[k]=i%s[k];i/=s[k];}}
static ptrdiff_t at(int r,const size_t*ix,const ptrdiff_t*st){ptrdiff_t o=0;for(int k=0;k<r;k++)o+=(ptrdiff_t)ix[k]*st[k];return o;}
static size_t cnt(int r,const size_t*s){size_t n=1;for(int k=0;k<r;k++)n*=s[k];return n;}
void tk_binary(tk_binary_operation op,int r,const size_t*s,const float*a,const ptrdiff_t*as,const float*b,const ptrdiff_t*bs,float*y){size_t ix[8];for(size_t i=0;i<cnt(r,s);i++){walk(r,s,i,ix);y[i]=bi(op,a[at(r,ix,as)],b[at(r,ix,bs)]);}}
void tk_select(int r,const size_t*s,const float*m,const ptrdiff_t*ms,const float*a,const ptrdiff_t*as,const float*b,const ptrdiff_t*bs,float*y){size_t ix[8];for(size_t i=0;i<cnt(r,s);i++){walk(r,s,i,ix);y[i]=m[at(r,ix,ms)]!=0?a[at(r,ix,as)]:b[at(r,ix,bs)];}}
void tk_gather_strided(int r,const size_t*s,const float*x,const ptrdiff_t*st,float*y){size_t ix[8];for(size_t i=0;i<cnt(r,s);i++){walk(r,s,i,ix);y[i]=x[at(r,ix,st)];}}
void tk_scatter_strided(int r,const size_t*s,const float*x,float*y,const ptrdiff_t*st,bool acc){size_t ix[8];for(size_t i=0;i<cnt(r,s);i++){walk(r,s,i,ix);float*p=y+at(r,ix,st);*p=acc?*p+x[i]:x[i];}}
void tk_fill(float*y,size_t n,float v){for(size_t i=0;i<n;i++)y[i]=v;}
void tk_axpy(float a,const float*x,float*y,size_t n){for(size_t i=0;i<n;i++)y[i]=fmaf(a,x[i],y[i]);}
void tk_reduce(tk_reduction op,const float*x,size_t o,size_t n,size_t in,float*y){for(size_t a=0;a<o;a++)for(size_t c=0;c<in;c++){double s=op==TK_PRODUCT;float m=op==TK_MAX?-INFINITY:INFINITY;for(size_t b=0;b<n;b++){float v=x[(a*n+b)*in+c];if(op==TK_PRODUCT)s*=v;else if(op==TK_SUM_SQUARES)s+=(double)v*v;else s+=v;if(op==TK_MAX&&(v>m||isnan(v)))m=v;if(op==TK_MIN&&(v<m||isnan(v)))m=v;}
y[a*in+c]=op==TK_MAX||op==TK_MIN?m:op==TK_MEAN?s/n:s;}}
void tk_argmax(const float*x,size_t o,size_t n,size_t in,int32_t*ix){for(size_t a=0;a<o;a++)for(size_t c=0;c<in;c++){size_t best=0;for(size_t b=1;b<n;b++)if(x[(a*n+b)*in+c]>x[(a*n+best)*in+c])best=b;ix[a*in+c]=best;}}
void tk_softmax(const float*x,float*y,size_t rows,size_t n,float sc,size_t T_){for(size_t r=0;r<rows;r++){size_t e=n;if(T_){size_t l=r%T_+n-T_+1;e=l<n?l:n;}float m=-INFINITY;for(size_t j=0;j<e;j++)if(x[r*n+j]*sc>m)m=x[r*n+j]*sc;double s=0;for(size_t j=0;j<n;j++){float v=j<e&&m>-INFINITY?expf(x[r*n+j]*sc-m):0;y[r*n+j]=v;s+=v;}if(s>0)for(size_t j=0;j<n;j++)y[r*n+j]/=s;}}
void tk_softmax_gradient(const float*y,const float*g,float*dx,size_t rows,size_t n,float sc){for(size_t r=0;r<rows;r++){double d=0;for(size_t j=0;j<n;j++)d+=y[r*n+j]*g[r*n+j];for(size_t j=0;j<n;j++)dx[r*n+j]=sc*y[r*n+j]*(g[r*n+j]-d);}}
void tk_log_softmax(const float*x,float*y,size_t rows,size_t n){for(size_t r=0;r<rows;r++){float m=-INFINITY;for(size_t j=0;j<n;j++)if(x[r*n+j]>m)m=x[r*n+j];double s=0;for(size_t j=0;j<n;j++)s+=exp(x[r*n+j]-m);for(size_t j=0;j<n;j++)y[r*n+j]=x[r*n+j]-m-log(s);}}
void tk_log_softmax_gradient(const float*y,const float*g,float*dx,size_t rows,size_t n){for(size_t r=0;r<rows;r++){double d=0;for(size_t j=0;j<n;j++)d+=g[r*n+j];for(size_t j=0;j<n;j++)dx[r*n+j]=g[r*n+j]-exp(y[r*n+j])*d;}}
void tk_layer_norm(const float*x,const float*w,const float*b,float e,float*y,float*st,size_t rows,size_t n){for(size_t r=0;r<rows;r++){double m=0,v=0;for(size_t j=0;j<n;j++)m+=x[r*n+j];m/=n;for(size_t j=0;j<n;j++)v+=(x[r*n+j]-m)*(x[r*n+j]-m);v/=n;double s=1/sqrt(v+e);st[2*r]=m;st[2*r+1]=s;for(size_t j=0;j<n;j++)y[r*n+j]=(x[r*n+j]-m)*s*(w?w[j]:1)+(b?b[j]:0);}}
void tk_layer_norm_gradient(const float*x,const float*w,const float*st,const float*g,float*dx,float*dw,float*db,size_t rows,size_t n){if(dw)memset(dw,0,n*4);if(db)memset(db,0,n*4);for(size_t r=0;r<rows;r++){double m=st[2*r],s=st[2*r+1],a=0,c=0;for(size_t j=0;j<n;j++){double h=g[r*n+j]*(w?w[j]:1),xh=(x[r*n+j]-m)*s;a+=h;c+=h*xh;if(dw)dw[j]+=g[r*n+j]*xh;if(db)db[j]+=g[r*n+j];}a/=n;c/=n;for(size_t j=0;j<n;j++)dx[r*n+j]=s*(g[r*n+j]*(w?w[j]:1)-a-(x[r*n+j]-m)*s*c);}}
void tk_gather_rows(const float*x,const int32_t*ix,float*y,size_t c,size_t n){for(size_t i=0;i<c;i++)memcpy(y+i*n,x+(size_t)ix[i]*n,n*4);}
void tk_scatter_add_rows(const float*x,const int32_t*ix,float*y,size_t c,size_t rows,size_t n){(void)rows;for(size_t i=0;i<c;i++)for(size_t j=0;j<n;j++)y[(size_t)ix[i]*n+j]+=x[i*n+j];}
void tk_adam(float*p,const float*g,float*m,float*v,size_t n,float rate,float b1,float b2,float e,float wd,bool dec,float c1,float c2,float gs){for(size_t i=0;i<n;i++){float G=g[i]*gs;if(dec)p[i]*=1-rate*wd;else G+=wd*p[i];m[i]=b1*m[i]+(1-b1)*G;v[i]=b2*v[i]+(1-b2)*G*G;p[i]-=rate/c1*m[i]/(sqrtf(v[i])/sqrtf(c2)+e);}}
void tk_sgd(float*p,const float*g,float*v,size_t n,float rate,float mu,float wd,bool nes,bool first,float gs){for(size_t i=0;i<n;i++){float G=g[i]*gs+wd*p[i];v[i]=first?G:mu*v[i]+G;p[i]-=rate*(nes?G+mu*v[i]:v[i]);}}
double tk_sum_squares(const float*x,size_t n){double s=0;for(size_t i=0;i<n;i++)s+=(double)x[i]*x[i];return s;}
void tk_philox(const uint32_t c[4],const uint32_t k[2],uint32_t o[4]){uint32_t c0=c[0],c1=c[1],c2=c[2],c3=c[3],k0=k[0],k1=k[1];for(int r=0;r<10;r++){uint64_t a=(uint64_t)0xD2511F53u*c0,b=(uint64_t)0xCD9E8D57u*c2;uint32_t n0=(uint32_t)(b>>32)^c1^k0,n1=(uint32_t)b,n2=(uint32_t)(a>>32)^c3^k1,n3=(uint32_t)a;c0=n0;c1=n1;c2=n2;c3=n3;k0+=0x9E3779B9u;k1+=0xBB67AE85u;}o[0]=c0;o[1]=c1;o[2]=c2;o[3]=c3;}
static void blk(tk_random r,uint64_t b,uint32_t o[4]){uint64_t q=r.first_block+b;uint32_t c[4]={(uint32_t)q,(uint32_t)(q>>32),r.stream,r.step},k[2]={(uint32_t)r.key,(uint32_t)(r.key>>32)};tk_philox(c,k,o);}
void tk_random_uniform(tk_random r,float*y,size_t n,float lo,float hi){uint32_t o[4];for(size_t i=0;i<n;i++){if(i%4==0)blk(r,i/4,o);y[i]=lo+(hi-lo)*((o[i%4]>>8)*0x1p-24f);}}
void tk_random_normal(tk_random r,float*y,size_t n,float m,float d){uint32_t o[4];for(size_t i=0;i<n;i++){if(i%4==0)blk(r,i/4,o);int h=(i%4)/2;double u1=((o[2*h]>>8)+1)*0x1p-24,u2=(o[2*h+1]>>8)*0x1p-24,R=sqrt(-2*log(u1));float z=i%2?R*sin(2*M_PI*u2):R*cos(2*M_PI*u2);y[i]=z*d+m;}}
void tk_matmul(const tk_product*p){for(size_t b0=0;b0<p->batch[0];b0++)for(size_t b1=0;b1<p->batch[1];b1++){const float*A=p->a+b0*p->a_batch[0]+b1*p->a_batch[1],*B=p->b+b0*p->b_batch[0]+b1*p->b_batch[1];float*C=p->c+b0*p->c_batch[0]+b1*p->c_batch[1];float*P=p->preactivation?p->preactivation+(C-p->c):0;
for(size_t i=0;i<p->m;i++)for(size_t j=0;j<p->n;j++){float s=0;for(size_t k=0;k<p->k;k++)s=fmaf(A[(ptrdiff_t)i*p->a_row+(ptrdiff_t)k*p->a_column],B[(ptrdiff_t)k*p->b_row+(ptrdiff_t)j*p->b_column],s);float*c=&C[(ptrdiff_t)i*p->c_row+j];if(p->accumulate){*c+=s*p->alpha;continue;}s*=p->alpha;if(p->bias)s+=p->bias[j];if(P)P[(ptrdiff_t)i*p->c_row+j]=s;*c=p->activation==TK_RELU?(s>0?s:0):p->activation==TK_GELU?0.5*s*(1+erf(s/sqrt(2))):s;}}}
